"""A watch as its client sees it: frames in order, coalesced per write, ended by a deadline or by being too slow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from pilothouse.cluster.apiserver.watchcache.cache import Change, ResourceCache
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.clock import Clock

logger = logging.getLogger("pilothouse.apiserver")
MAX_PENDING_BYTES = 8 * 1024 * 1024
Matches = Callable[[Item], bool]
Frame = Callable[[str, Item], bytes]


class WatchStream:
    """One open watch."""

    def __init__(self, cache: ResourceCache, matches: Matches, frame: Frame) -> None:
        """Follow `cache`; objects for which `matches` are written by `frame(type, item)`."""
        self._cache, self._matches, self._frame = cache, matches, frame
        self._pending: list[bytes] = []
        self._size = 0
        self._wake = asyncio.Event()
        self._is_closed = False
        self.revision = 0

    def open(self, changes: list[Change]) -> None:
        """Replay `changes`, then follow."""
        for change in changes:
            self.on_change(change)
        if not self._is_closed:
            self._cache.listeners.add(self.on_change)

    def on_change(self, change: Change) -> None:
        """Queue the event a change is for this watcher, if any; one that cannot be told ends this watch alone."""
        try:
            self._queue_event(change)
        except Exception:
            logger.exception("a watch of %s ends at revision %d", self._cache.prefix, change[0])
            self.close()

    def _queue_event(self, change: Change) -> None:
        revision, new, previous = change
        self.revision = revision
        is_now = new is not None and self._matches(new)
        was = previous is not None and self._matches(previous)
        if is_now:
            assert new is not None
            self.push(self._frame("MODIFIED" if was else "ADDED", new))
        elif was and previous is not None:
            gone = previous
            if new is not None:
                gone = Item(previous.key, previous.namespace, previous.name, previous.raw, revision, previous.create_revision)
            self.push(self._frame("DELETED", gone))

    def push(self, frame: bytes) -> None:
        """Queue bytes; a watcher that is too slow is cut and comes back with its resourceVersion."""
        self._pending.append(frame)
        self._size += len(frame)
        if self._size > MAX_PENDING_BYTES:
            self.close()
        self._wake.set()

    def close(self) -> None:
        """End the stream after what is queued."""
        self._is_closed = True
        self._cache.listeners.discard(self.on_change)
        self._wake.set()

    async def chunks(
        self, clock: Clock, timeout_s: float, bookmark: Callable[[], bytes] | None, bookmark_s: float
    ) -> AsyncIterator[bytes]:
        """Yield frames, coalesced, until the deadline; with a bookmark now and then as proof of life."""
        deadline = clock.monotonic() + timeout_s
        next_bookmark = clock.monotonic() + bookmark_s
        try:
            while True:
                if self._pending:
                    frames, self._pending, self._size = self._pending, [], 0
                    yield b"".join(frames)
                    continue
                if self._is_closed:
                    return
                now = clock.monotonic()
                if now >= deadline:
                    return
                if bookmark is not None and now >= next_bookmark:
                    next_bookmark = now + bookmark_s
                    yield bookmark()
                    continue
                self._wake.clear()
                await self._pause(clock, min(deadline, next_bookmark if bookmark else deadline) - now)
        finally:
            self.close()

    async def _pause(self, clock: Clock, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(delay_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()


class StreamBody:
    """The body of a watch response; closing it unsubscribes even when nobody ever read from it."""

    def __init__(self, stream: WatchStream, chunks: AsyncIterator[bytes]) -> None:
        """Read from `chunks`, which `stream` feeds."""
        self._stream, self._chunks = stream, chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over chunks."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next chunk."""
        return await self._chunks.__anext__()

    async def aclose(self) -> None:
        """End the watch."""
        self._stream.close()
