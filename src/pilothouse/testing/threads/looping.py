"""An event loop in a thread of its own, and the transport that reaches it from any other.

A control plane of a test must answer while the test blocks, whatever loop the test itself runs on; so it has its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from pilothouse.wire.http.messages import Peer, Request, Response

T = TypeVar("T")
STOP_TIMEOUT_S = 10.0


class LoopThread:
    """A running event loop."""

    def __init__(self, name: str, factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
        """Run the loop of `factory` in a thread called `name`."""
        self._factory = factory
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Return once the loop runs."""
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._factory) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self.loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._stopping.wait()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in this thread."""
        return threading.current_thread() is self._thread

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run `coroutine` on the loop."""
        if self.loop is None or not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError("the control plane is not running: start it first, and use it before it is stopped")
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def wait(self, coroutine: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Run `coroutine` on the loop and return its result, from a thread that may block."""
        future = self.submit(coroutine)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    async def hop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the loop and return its result, from any other loop."""
        return await (coroutine if self.is_current else asyncio.wrap_future(self.submit(coroutine)))

    def stop(self) -> None:
        """End the loop and its thread; safe to call twice."""
        if self.loop is None or self._stopping is None or not self._thread.is_alive():
            return
        self.loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_TIMEOUT_S)


class HoppingTransport:
    """A transport to a handler on the loop of another thread."""

    def __init__(self, thread: LoopThread, handler: Callable[[Request], Awaitable[Response]], peer: Peer, agent: str) -> None:
        """Send every request to `handler` as `peer`."""
        self._thread, self._handler, self._peer, self._agent = thread, handler, peer, agent

    async def send(self, request: Request) -> Response:
        """Answer the request; a streamed body hops back piece by piece."""
        request.peer = self._peer
        request.headers.setdefault("user-agent", self._agent)
        if self._thread.is_current:
            return await self._handler(request)
        return await self._thread.hop(self._answer(request))

    async def _answer(self, request: Request) -> Response:
        response = await self._handler(request)
        if not isinstance(response.body, bytes):
            response.body = _HoppingBody(self._thread, aiter(response.body))
        return response

    async def close(self) -> None:
        """Nothing is held."""


class _HoppingBody:
    def __init__(self, thread: LoopThread, pieces: AsyncIterator[bytes]) -> None:
        self._thread, self._pieces = thread, pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await self._thread.hop(self._next())
        if piece is None:
            raise StopAsyncIteration
        return piece

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)

    async def aclose(self) -> None:
        await self._thread.hop(self._close())

    async def _close(self) -> None:
        close: Callable[[], Awaitable[None]] | None = getattr(self._pieces, "aclose", None)
        if close is not None:
            await close()
