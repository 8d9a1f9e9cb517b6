"""How the frames of a watch reach its client: pushed into the connection, or read piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from pilothouse.cluster.apiserver.watchcache.fanout import Fanout
from pilothouse.cluster.apiserver.watchcache.streams import WatchStream
from pilothouse.kit.clock import Clock
from pilothouse.wire.http.messages import PushedBody, Send

LONG_S = 3600.0


class Life(msgspec.Struct, frozen=True):
    """How long a watch lasts, and how it proves to be alive."""

    clock: Clock
    timeout_s: float
    bookmark_s: float
    bookmark: Callable[[], bytes] | None = None


class WatchBody(PushedBody):
    """The body of a watch response; closing it unsubscribes even when nobody ever read from it."""

    def __init__(self, stream: WatchStream, life: Life, fanout: Fanout) -> None:
        """Deliver what `stream` gives until its life is over."""
        self.stream, self._life, self._fanout = stream, life, fanout
        self._send: Send | None = None
        self._reading: AsyncIterator[bytes] | None = None
        self._is_due = self._is_blocked = self._is_over = False
        self._news = asyncio.Event()

    # --- pushed into a connection

    def attach(self, send: Send) -> None:
        """Deliver through `send` from now on."""
        self._send = send
        self.stream.wake = self._mark
        self._mark()

    def resume(self) -> None:
        """Go on after `send` said that it is enough."""
        self._is_blocked = False
        self._mark()

    def _mark(self) -> None:
        if not self._is_due and not self._is_blocked:
            self._is_due = True
            self._fanout.add(self)

    def deliver(self) -> None:
        """Send what is next; what is left over waits for its next turn."""
        self._is_due = False
        assert self._send is not None
        piece = self.stream.take()
        if not piece:
            if self.stream.is_closed:
                self._is_over = True
                self._news.set()
        elif self._send(piece):
            if self.stream.has_more or self.stream.is_closed:
                self._mark()
        else:
            self._is_blocked = True

    def give_up(self) -> None:
        """End the watch here and now."""
        self._is_over = True
        self.stream.close()
        self._news.set()

    async def ended(self) -> None:
        """Return when the watch is over and everything was sent."""
        deadline, next_mark = self._deadlines()
        try:
            while not self._is_over:
                now = self._life.clock.monotonic()
                if now >= next_mark:
                    next_mark = now + self._life.bookmark_s
                    self._push_mark()
                elif now >= deadline and not self.stream.is_closed:
                    self.stream.close()
                else:
                    await self._pause(next_mark, deadline)
        finally:
            self.stream.close()

    # --- read piece by piece

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        if self._reading is None:
            self._reading = self._pieces()
        return await anext(self._reading)

    async def _pieces(self) -> AsyncIterator[bytes]:
        deadline, next_mark = self._deadlines()
        self.stream.wake = self._news.set
        try:
            while True:
                piece = self.stream.take()
                now = self._life.clock.monotonic()
                if piece:
                    yield piece
                elif self.stream.is_closed or now >= deadline:
                    return
                elif now >= next_mark:
                    next_mark = now + self._life.bookmark_s
                    self._push_mark()
                else:
                    await self._pause(next_mark, deadline)
        finally:
            self.stream.close()

    async def aclose(self) -> None:
        """End the watch."""
        self.stream.close()

    # --- both

    def _deadlines(self) -> tuple[float, float]:
        now, life = self._life.clock.monotonic(), self._life
        return now + life.timeout_s, now + life.bookmark_s if life.bookmark else float("inf")

    def _push_mark(self) -> None:
        assert self._life.bookmark is not None
        self.stream.push(self._life.bookmark())

    async def _pause(self, *until: float) -> None:
        """Wait for news, but not longer than the first of these times that is still to come."""
        now = self._life.clock.monotonic()
        self._news.clear()
        delay_s = min((moment - now for moment in until if now < moment), default=LONG_S)
        timer = self._life.clock.call_later(min(delay_s, LONG_S), self._news.set)
        try:
            await self._news.wait()
        finally:
            timer.cancel()
