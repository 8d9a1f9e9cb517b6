"""The HTTP edge: sockets and TLS in, `Request` out, `Response` back.

`http1` and `http2` are the connections. A client gets HTTP/2 when it speaks nothing else: HTTP/1.1 costs this process a tenth.
"""

from __future__ import annotations

import asyncio
import ssl

from pilothouse.wire.http.edge import Edge, ServerLimits
from pilothouse.wire.http.heads import notice_dead_peers
from pilothouse.wire.http.http1 import Http1Connection
from pilothouse.wire.http.messages import Handler

__all__ = ["HttpServer", "ServerLimits"]
CLOSING_S = 0.05
"""How long clients with nothing under way may take to close their end."""


class HttpServer(Edge):
    """Listens and hands every request to one handler."""

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None, limits: ServerLimits | None = None) -> None:
        """Answer through `handler`; with `tls`, verified client certificates become the request's peer."""
        super().__init__(handler, limits)
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port; raises OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Http1Connection(self), host, port, ssl=self._tls, backlog=1024, start_serving=True
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        notice_dead_peers(self._server.sockets[0].fileno())
        return bound

    async def stop(self, drain_s: float = 5.0) -> None:
        """Stop listening, let requests under way finish for `drain_s` seconds, then close every connection."""
        self.is_draining = True
        if self._server is not None:
            self._server.close()
        under_way = [each.closed for each in self.connections if each.is_answering and not each.is_streaming]
        for connection in list(self.connections):
            connection.close_when_idle()
        if under_way and drain_s > 0:
            await asyncio.wait(under_way, timeout=drain_s)
        if self.connections and drain_s > 0:  # clients that rest or read on need not notice that we are gone
            await asyncio.wait([each.closed for each in self.connections], timeout=min(CLOSING_S, drain_s))
        for connection in list(self.connections):
            connection.abort()
        await self.scope.close()
