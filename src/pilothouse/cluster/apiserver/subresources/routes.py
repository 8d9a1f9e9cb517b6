"""Everything below an object, and the resources that are questions rather than objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver.authz.access import Access
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, not_found
from pilothouse.cluster.apiserver.http.negotiate import negotiate
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.registry import reads
from pilothouse.cluster.apiserver.registry.codec import read_tree, served_tree
from pilothouse.cluster.apiserver.registry.deletes import Deleter
from pilothouse.cluster.apiserver.registry.options import write_options
from pilothouse.cluster.apiserver.registry.output import include_object_of, table, transformed
from pilothouse.cluster.apiserver.registry.patching.patches import Patcher
from pilothouse.cluster.apiserver.registry.scale import read_scale, scale_of, with_replicas
from pilothouse.cluster.apiserver.registry.writes import Writer
from pilothouse.cluster.apiserver.subresources.logs import Logs
from pilothouse.cluster.apiserver.subresources.pods import PodOperations
from pilothouse.cluster.apiserver.subresources.proxy import Proxy
from pilothouse.cluster.apiserver.subresources.reviews import KINDS, Reviews
from pilothouse.cluster.apiserver.subresources.streams import Streams
from pilothouse.cluster.apiserver.subresources.tokens import TokenRequests
from pilothouse.wire.http.messages import Response

Answer = Callable[[Call], Awaitable[Response]]


class Subresources:
    """Routes subresources."""

    def __init__(self, writer: Writer, deleter: Deleter, patcher: Patcher, access: Access) -> None:
        """Answer through the given parts."""
        self.writer, self.patcher, self.backend = writer, patcher, writer.backend
        self.pods = PodOperations(writer, deleter)
        self.reviews = Reviews(access, writer.admission)
        pods, streams = self.pods, Streams(self.backend, writer.admission, access)
        self.proxy = Proxy(self.backend, streams)
        self._answers: dict[str, Answer] = {
            "binding": pods.binding, "eviction": pods.eviction, "token": TokenRequests(self.backend, access).token,
            "log": Logs(self.backend).answer, "exec": streams.command, "attach": streams.command,
            "portforward": streams.forward, "scale": self.scale,
        }  # fmt: skip

    def special(self, call: Call) -> Answer | None:
        """Return the answer of a resource that is not stored, or None."""
        kind = call.resource.kind
        if kind in KINDS and call.resource.group in ("authorization.k8s.io", "authentication.k8s.io"):
            return self.reviews.answer
        if kind == "ComponentStatus" and not call.resource.group:
            return self.components
        if kind == "Binding" and not call.resource.group:
            return self.legacy_binding
        return None

    async def serve(self, call: Call, rest: str) -> Response:
        """Answer a subresource."""
        assert call.subresource is not None
        special = self._answers.get(call.subresource.name)
        if special is not None:
            await self.writer.admission.posted(call)
            return await special(call)
        if call.subresource.name == "proxy" and not call.resource.is_custom:
            return await self.proxy.answer(call, rest)
        if call.verb == "get":
            return await reads.get(self.backend, call)
        if call.verb == "update":
            return await self.writer.update(call)
        return await self.patcher.patch(call)

    async def legacy_binding(self, call: Call) -> Response:
        """Answer a POST to the old bindings resource."""
        write_options(call, "CreateOptions")
        body = read_tree(call, "Binding").value
        if isinstance(body.setdefault("metadata", {}), dict):
            await self.writer.admission.asked(call, body)
        pods = self.backend.scheme.resource("", "v1", "pods")
        assert pods is not None
        call.resource, call.name = pods, (body.get("metadata") or {}).get("name", "")
        call.subresource = pods.subresources["binding"]
        return await self.pods.bind(call, body)

    async def components(self, call: Call) -> Response:
        """Answer the health of the parts, as far as this process knows them."""
        healthy = [{"type": "Healthy", "status": "True", "message": "ok"}]
        items = [{"metadata": {"name": name}, "conditions": healthy} for name in ("controller-manager", "scheduler", "etcd-0")]
        if call.name:
            items = [item for item in items if item["metadata"] == {"name": call.name}]
            if not items:
                raise not_found(call.resource, call.name)
        head = {"kind": "ComponentStatus", "apiVersion": "v1"}
        encoding, include, now = (
            negotiate(call.request.header("accept"), is_list=not call.name),
            include_object_of(call),
            self.backend.clock.now(),
        )
        if encoding.form == "table":
            tree = table(call.resource, [{**head, **item} for item in items], encoding, include, now, {})
        elif call.name:
            tree = {**head, **items[0]}
        else:
            tree = {"kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {}, "items": items}
        return answer_tree(tree, 200, encoding, call.warnings)

    async def scale(self, call: Call) -> Response:
        """Answer the scale subresource."""
        encoding = negotiate(call.request.header("accept"), is_list=False)
        resource = call.resource
        if call.verb == "get":
            await self.backend.cache.current()
            item = self.backend.cached(resource).items.get(resource.key(call.namespace, call.name))
            if item is None:
                raise not_found(resource, call.name)
            item = await self.writer.served(resource, item)
        elif call.verb == "update":
            write_options(call, "UpdateOptions")
            scale = read_scale(call)
            item = await self.writer.replace(call, lambda old: with_replicas(resource, old, scale))
        else:
            item = await self.patcher.patch_scale(call)
        shown = transformed(
            resource,
            self._scale_tree(call, served_tree(resource, item)),
            encoding,
            include_object_of(call),
            self.backend.clock.now(),
        )
        return answer_tree(shown, 200, encoding, call.warnings)

    def _scale_tree(self, call: Call, tree: Obj) -> Obj:
        try:
            return scale_of(call.resource, tree)
        except (TypeError, ValueError):
            text = "the replicas field of the object is no number"
            raise StatusError(500, "InternalError", f"Internal error occurred: {text}") from None
