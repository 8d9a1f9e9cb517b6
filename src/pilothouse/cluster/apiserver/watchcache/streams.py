"""A watch as its client sees it: frames in order, coalesced into one piece for each time its reader comes for more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from pilothouse.cluster.apiserver.watchcache.cache import Change, ResourceCache
from pilothouse.cluster.apiserver.watchcache.items import Item

logger = logging.getLogger("pilothouse.apiserver")
MAX_PENDING_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 256 << 10
Matches = Callable[[Item], bool]
Frame = Callable[[str, Item], bytes]


def _nobody() -> None:
    """Nobody reads yet."""


class WatchStream:
    """One open watch: what its reader has not taken yet."""

    def __init__(self, cache: ResourceCache, matches: Matches, frame: Frame, group: str = "") -> None:
        """Follow `cache`; objects for which `matches` are written by `frame(type, item)`.

        Streams of one `group`, if it has a name, see the same frames: what one was told of a change is kept for the others.
        """
        self._cache, self._matches, self._frame, self._group = cache, matches, frame, group
        self._initial: Iterator[bytes] | None = None
        self._pending: list[bytes] = []
        self._size = 0
        self.is_closed = False
        self.wake: Callable[[], None] = _nobody
        """Called when there is something to take, and at the end."""

    def open(self, changes: list[Change], initial: Iterable[bytes] = ()) -> None:
        """Give `initial` frames, which are made as they are taken, then replay `changes`, then follow."""
        self._initial = iter(initial)
        for change in changes:
            frame = self._event(change)
            if frame:
                self.push(frame)
        if not self.is_closed:
            self._cache.listeners[self.on_change] = None

    def on_change(self, change: Change) -> None:
        """Queue the event a change is for this watcher, if any; one that cannot be told ends this watch alone."""
        try:
            told = self._cache.told
            frame = told.get(self._group)
            if frame is None:
                frame = self._event(change)
                if self._group:
                    told[self._group] = frame
            if frame:
                self.push(frame)
        except Exception:
            logger.exception("a watch of %s ends at revision %d", self._cache.prefix, change[0])
            self.close()

    def _event(self, change: Change) -> bytes:
        """Return the frame of a change, nothing when it is none of this watcher's."""
        revision, new, previous = change
        was = previous is not None and self._matches(previous)
        if new is not None and self._matches(new):
            return self._frame("MODIFIED" if was else "ADDED", new)
        if was and previous is not None:
            return self._frame("DELETED", previous if new is None else previous.replaced(previous.raw, revision))
        return b""

    def push(self, frame: bytes) -> None:
        """Queue bytes; a watcher that is too slow is cut and comes back with its resourceVersion."""
        is_news = not self._pending
        self._pending.append(frame)
        self._size += len(frame)
        if self._size > MAX_PENDING_BYTES:
            self.close()
        elif is_news:
            self.wake()

    def take(self) -> bytes:
        """Return what is next, of many initial frames a part; nothing when all was taken."""
        if self._initial is not None:
            piece = self._next_initial(self._initial)
            if piece:
                return piece
            self._initial = None
        if not self._pending:
            return b""
        frames, self._pending, self._size = self._pending, [], 0
        return frames[0] if len(frames) == 1 else b"".join(frames)

    @property
    def has_more(self) -> bool:
        """Whether there is something to take."""
        return self._initial is not None or bool(self._pending)

    def _next_initial(self, frames: Iterator[bytes]) -> bytes:
        piece, size = [], 0
        for frame in frames:
            piece.append(frame)
            size += len(frame)
            if size >= PIECE_BYTES:
                break
        return b"".join(piece)

    def close(self) -> None:
        """End the stream after what is queued."""
        self.is_closed = True
        self._cache.listeners.pop(self.on_change, None)
        self.wake()
