"""A node with one program that can be told what to do, and a WebSocket client of the server under test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from pilothouse.kit.errors import NotFound, Unavailable
from pilothouse.wire.http.messages import Peer, Request, Response
from pilothouse.wire.websocket import WebSocket
from tests.unit.cluster.apiserver.driver import ADMIN, Driver
from tests.unit.wire.pair import End, pair

PODS = "/api/v1/namespaces/ns/pods"
WEBSOCKET = {"upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}


class Program:
    """Echoes its input on stdout until it ends, then writes `farewell` on stderr and exits with `code`."""

    def __init__(self, code: int = 0, farewell: bytes = b"") -> None:
        self.code, self.farewell = code, farewell
        self.sizes: list[tuple[int, int]] = []
        self.is_closed = False
        self._out: asyncio.Queue[bytes] = asyncio.Queue()
        self._err: asyncio.Queue[bytes] = asyncio.Queue()
        self._over = asyncio.Event()

    async def read(self, stream: str) -> bytes:
        return await (self._out if stream == "stdout" else self._err).get()

    async def write(self, data: bytes) -> None:
        self._out.put_nowait(data)

    async def close_stdin(self) -> None:
        if self.farewell:
            self._err.put_nowait(self.farewell)
        self._out.put_nowait(b"")
        self._err.put_nowait(b"")
        self._over.set()

    def resize(self, width: int, height: int) -> None:
        self.sizes.append((width, height))

    async def wait(self) -> int:
        await self._over.wait()
        return self.code

    async def close(self) -> None:
        self.is_closed = True


class Node:
    """A node agent with one program; port 80 answers with what it was sent, in upper case."""

    def __init__(self, program: Program | Exception) -> None:
        self.program = program
        self.calls: list[tuple[Any, ...]] = []
        self.far: list[End] = []

    async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
        self.calls.append(("logs", container, options))

        async def chunks() -> AsyncIterator[bytes]:
            yield b"one\n"
            yield b"two\n"

        return chunks()

    async def execute(self, namespace: str, pod: str, container: str, command: list[str], streams: frozenset[str]) -> Program:
        self.calls.append(("execute", container, command, streams))
        if isinstance(self.program, Exception):
            raise self.program
        return self.program

    async def attach(self, namespace: str, pod: str, container: str, streams: frozenset[str]) -> Program:
        self.calls.append(("attach", container, streams))
        raise NotFound(f'container not found ("{container}")')

    async def answer(self, node: str, request: Request) -> Response:
        if request.path != "/healthz":
            raise NotFound("no such path")
        return Response(200, f"{node} ok".encode(), [], "text/plain")

    async def dial(self, namespace: str, pod: str, port: int, *, is_inside: bool = True, is_tls: bool = False) -> End:
        self.calls.append(("dial", pod, port, is_inside, is_tls))
        if port != 80:
            raise Unavailable("connect: connection refused")
        near, far = pair()
        self.far.append(far)
        return near


async def bound_pod(driver: Driver, **status: Any) -> None:
    """Create Pod `p` with containers c and d on a node, init container i first."""
    await driver.namespace("ns")
    containers = [{"name": name, "image": "x", "ports": [{"containerPort": 80, "name": "web"}]} for name in ("c", "d")]
    spec = {"nodeName": "n", "containers": containers, "initContainers": [{"name": "i", "image": "x"}]}
    await driver.ok("POST", PODS, {"metadata": {"name": "p"}, "spec": spec})
    if status:
        headers = {"content-type": "application/merge-patch+json"}
        await driver.ok("PATCH", f"{PODS}/p/status", {"status": status}, headers=headers)


async def upgrade(
    driver: Driver, target: str, protocol: str = "", peer: Peer = ADMIN, headers: dict[str, str] | None = None
) -> Response:
    """Ask for an upgrade of PODS/`target`, a path with a query."""
    path, _, query = target.partition("?")
    pairs = [(part.partition("=")[0], part.partition("=")[2]) for part in query.split("&") if part]
    given = headers or {**WEBSOCKET, **({"sec-websocket-protocol": protocol} if protocol else {})}
    method = "GET" if "sec-websocket-key" in given else "POST"
    return await driver.server.handle(Request(method, f"{PODS}/{path}", pairs, dict(given), b"", peer, can_upgrade=True))


def begin(response: Response) -> tuple[WebSocket, asyncio.Future[None], End]:
    """Run an upgrade; returns the client's WebSocket, the server's task, and the raw end."""
    assert response.status == 101 and response.upgrade is not None, response
    near, far = pair()
    return WebSocket(near, is_client=True), asyncio.ensure_future(response.upgrade(far)), near  # type: ignore[arg-type]
