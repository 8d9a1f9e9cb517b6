"""Asking probes, and real servers to ask: HTTP that answers as told, and gRPC with the health service."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pilothouse.delivery.gitops.adapters.health.asking import Asker
from pilothouse.delivery.gitops.engine.probes import Answer, read_plan
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer


class Web:
    """What an HTTP server says at each path, and how often it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.says: dict[str, tuple[int, bytes]] = {"/ready": (200, b'{"status": "ready"}')}
        self.asked: list[str] = []
        self.hung = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.target())
        if request.path == "/hang":
            await self.hung.wait()
        status, body = self.says.get(request.path, (404, b""))
        return Response(status, body)

    def url(self, path: str = "/ready") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def web() -> AsyncIterator[Web]:
    """Yield an HTTP server."""
    found = Web()
    server = HttpServer(found.answer)
    found.port = await server.start("127.0.0.1", 0)
    try:
        yield found
    finally:
        found.hung.set()
        await server.stop(0.0)


@asynccontextmanager
async def grpc_health(states: dict[str, int]) -> AsyncIterator[int]:
    """Yield the port of a gRPC server whose health service knows these states by service."""
    import grpc
    import grpc.aio

    async def check(request: bytes, context: Any) -> bytes:
        state = states.get(request[2:].decode())
        if state is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        return bytes([0x08, state])  # type: ignore[list-item]

    method = grpc.unary_unary_rpc_method_handler(check)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": method})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


async def closed_port() -> int:
    """Return a port nobody listens on."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


TREE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": "default"}}


async def ask(plan: Any, folder: Path | None = None, hosts: tuple[str, ...] = ("*",)) -> Answer:
    asker = Asker(SystemClock(), MetricsRegistry(), folder, hosts)
    return await asker.ask(read_plan(json.dumps(plan)), TREE, None)


def with_web(scenario: Callable[[Web], Awaitable[None]]) -> None:
    async def run() -> None:
        async with web() as server:
            await scenario(server)

    asyncio.run(run())
