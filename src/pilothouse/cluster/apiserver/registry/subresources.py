"""Everything below an object, and the resources that are questions rather than objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver.access import Access
from pilothouse.cluster.apiserver.context import Call
from pilothouse.cluster.apiserver.errors import no_resource, not_allowed
from pilothouse.cluster.apiserver.registry import accounts, podsubresources, reads, scale
from pilothouse.cluster.apiserver.registry.deletes import Deleter
from pilothouse.cluster.apiserver.registry.patches import Patcher
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.wire.http.messages import Response

Answer = Callable[[Call], Awaitable[Response]]


class Subresources:
    """Routes subresources."""

    def __init__(self, writer: Writer, deleter: Deleter, patcher: Patcher, access: Access) -> None:
        """Answer through the given parts."""
        self.writer, self.deleter, self.patcher, self.access = writer, deleter, patcher, access
        self.backend = writer.backend

    def special(self, call: Call) -> Answer | None:
        """Return the answer of a resource that is not stored, or None."""
        return None

    async def serve(self, call: Call, rest: str) -> Response:
        """Answer a subresource."""
        assert call.subresource is not None
        if rest:
            raise no_resource()
        name = call.subresource.name
        if name in ("status", "approval", "resize", "ephemeralcontainers"):
            return await self._object(call)
        match name:
            case "scale":
                return await scale.serve(self.writer, call)
            case "binding":
                return await podsubresources.bind(self.writer, call)
            case "eviction":
                return await podsubresources.evict(self.writer, self.deleter, call)
            case "log":
                return await podsubresources.logs(self.writer, call)
            case "token":
                return await accounts.request_token(self.writer, self.access, call)
            case "finalize":
                return await self.writer.update(call)
        raise not_allowed()

    async def _object(self, call: Call) -> Response:
        """Answer a subresource that is the object itself with other rules."""
        if call.verb == "get":
            return await reads.get(self.backend, call)
        if call.verb == "update":
            return await self.writer.update(call)
        return await self.patcher.patch(call)
