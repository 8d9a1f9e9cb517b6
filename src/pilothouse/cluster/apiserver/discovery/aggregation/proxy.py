"""Passing requests on: bodies and watches stream, the user goes into headers that the other server trusts by our certificate.

Source: the authenticating proxy of Kubernetes (X-Remote-User, X-Remote-Group, X-Remote-Extra-*).
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import quote, urlsplit

import msgspec

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import User
from pilothouse.cluster.apiserver.discovery.aggregation.merged import Merged
from pilothouse.cluster.apiserver.discovery.aggregation.remotes import Remote, Remotes
from pilothouse.cluster.apiserver.discovery.aggregation.status import Statuses
from pilothouse.cluster.apiserver.errors import PlainError
from pilothouse.cluster.apiserver.http.endpoints import resolve
from pilothouse.cluster.apiserver.http.outgoing import Server, worded
from pilothouse.kit.errors import PilothouseError, Unavailable
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.kubeconfig import ClusterAccess
from pilothouse.wire.pem import client_context

AGGREGATOR = User("system:kube-aggregator", "", ("system:masters",))
CONNECT_TIMEOUT_S = 10.0
_DROPPED = frozenset(
    ("authorization", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "content-length", "host")
)
_DROPPED_PREFIXES = ("x-remote-", "impersonate-")


class Aggregator:
    """The servers behind this one."""

    def __init__(self, backend: Backend) -> None:
        """Follow APIServices from `start` on."""
        self.backend = backend
        self.remotes = Remotes(backend)
        self.merged = Merged(self.remotes)
        self.statuses = Statuses(backend, self.remotes, self.ask, self.merged)
        self._contexts: dict[Server, ssl.SSLContext] = {}

    async def start(self) -> None:
        """Read what is registered and keep its state."""
        self.remotes.load()
        await self.statuses.start()

    async def stop(self) -> None:
        """Stop following; safe to call twice."""
        await self.statuses.stop()

    async def answer(self, remote: Remote, request: Request, user: User) -> Response:
        """Pass a request on; raises PlainError 503 when its server is not available."""
        if not remote.is_available:
            raise PlainError(503, "service unavailable")
        try:
            return await self._send(remote, request, user, is_checked=True)
        except PilothouseError as error:
            host = f"{remote.service}.{remote.namespace}.svc"
            raise PlainError(503, f"error trying to reach service: {worded(error, host)}") from error

    async def ask(self, remote: Remote, path: str, accept: str, *, is_checked: bool = False) -> Response:
        """Return what a server answers to us at a path; raises `Unavailable`. The body is complete."""
        response = await self._send(remote, Request("GET", path, headers={"accept": accept}), AGGREGATOR, is_checked=is_checked)
        response.body = await response.read()
        return response

    async def _send(self, remote: Remote, request: Request, user: User, *, is_checked: bool) -> Response:
        from pilothouse.wire.duplex import CHUNK_BYTES, SocketDuplex
        from pilothouse.wire.http.forward import forward

        config = self.backend.config
        server = remote.server(config.proxy_certificate_pem, config.proxy_key_pem, is_checked=is_checked)
        address, port = resolve(self.backend, remote.namespace, remote.service, remote.port)
        host = urlsplit(server.url).hostname
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                streams = await asyncio.open_connection(
                    address, port, ssl=self._context(server), server_hostname=host, limit=CHUNK_BYTES
                )
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"no API server answers at {address}:{port}: {error or 'connect timed out'}") from error
        outgoing = msgspec.structs.replace(request, headers=_headers(request, server), raw_target=request.raw_target)
        return await forward(SocketDuplex(*streams), outgoing, identity(user))

    def _context(self, server: Server) -> ssl.SSLContext:
        found = self._contexts.get(server)
        if found is None:
            access = ClusterAccess(server.url)
            access.authority_pem, access.insecure = server.authority_pem, server.is_unverified
            access.certificate_pem, access.key_pem = server.certificate_pem, server.key_pem
            if len(self._contexts) > 100:
                self._contexts.clear()
            try:
                found = self._contexts[server] = client_context(access)
            except (ssl.SSLError, ValueError) as error:
                raise Unavailable(f"unable to load root certificates: {error}") from error
        return found


def _headers(request: Request, server: Server) -> dict[str, str]:
    kept = {
        name: value for name, value in request.headers.items()
        if name not in _DROPPED and not name.startswith(_DROPPED_PREFIXES)
    }  # fmt: skip
    known = kept.get("x-forwarded-for")
    address = request.peer.address
    return {**kept, "host": urlsplit(server.url).netloc, "x-forwarded-for": f"{known}, {address}" if known else address}


def identity(user: User) -> list[tuple[str, str]]:
    """Return the headers that tell another server who asks."""
    out = [("x-remote-user", user.name)]
    if user.uid:
        out.append(("x-remote-uid", user.uid))
    out += [("x-remote-group", group) for group in user.groups]
    out += [(f"x-remote-extra-{quote(key, safe='')}", value) for key, values in user.extra for value in values]
    # Headers are written as Latin-1: names in UTF-8 pass through it byte by byte, and stay the names they are.
    return [(name, value.replace("\r", "").replace("\n", "").encode().decode("latin-1")) for name, value in out]
