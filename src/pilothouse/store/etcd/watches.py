"""Follows changes in etcd: one stream for each watch, opened again where it broke off."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import CallFailed, Unavailable
from pilothouse.store.etcd.messages import WATCH, Change, WatchAnswer, read_watch, watch_request
from pilothouse.store.revisions import Compacted, Event

logger = logging.getLogger("pilothouse.store.etcd")
REOPEN_S = 0.2
MAX_REOPEN_S = 5.0


class Stream(Protocol):
    """The answers to one request, as they come."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over them; raises `CallFailed` when the call breaks off."""
        ...

    def cancel(self) -> None:
        """End the call; safe to call twice."""
        ...


class Channel(Protocol):
    """What carries calls to etcd: `wire.grpc`, or a stand-in of a test."""

    async def call(self, method: str, request: bytes, *, timeout_s: float = 10.0) -> bytes:
        """Return the answer of one call; raises `CallFailed`."""
        ...

    def stream(self, method: str, request: bytes) -> Stream:
        """Open a call that is answered for as long as nobody ends it."""
        ...

    async def close(self) -> None:
        """End every call and the connection."""
        ...


class EtcdWatch:
    """A watch on keys with one prefix, from after a revision on."""

    def __init__(
        self, channel: Channel, span: tuple[bytes, bytes], revision: int, clock: Clock, seen: Callable[[int], None]
    ) -> None:
        """Follow the keys of `span` after `revision`; `seen` is told how far it came."""
        self._channel, self._span, self._clock, self._seen = channel, span, clock, seen
        self._revision = revision
        self._stream: Stream | None = None
        self._is_closed = False

    def close(self) -> None:
        """End the iteration."""
        self._is_closed = True
        if self._stream is not None:
            self._stream.cancel()

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        """Iterate over batches of events."""
        wait_s = REOPEN_S
        while not self._is_closed:
            try:
                async for batch in self._follow():
                    wait_s = REOPEN_S
                    yield batch
            except CallFailed as error:
                if self._is_closed:
                    return
                logger.warning("watch at revision %d broke off, opening it again: %s", self._revision, error.message)
                await self._clock.sleep(wait_s)
                wait_s = min(2 * wait_s, MAX_REOPEN_S)
            finally:
                if self._stream is not None:
                    self._stream.cancel()

    async def _follow(self) -> AsyncIterator[list[Event]]:
        """Yield what comes after the revision reached.

        It is asked for from that revision on, not from the next: an etcd without the fixes of its issues 18089 and 19179 lets a
        watch begin at the revision it is compacted to, though deletions of that very revision are gone.
        """
        self._stream = self._channel.stream(WATCH, watch_request(*self._span, max(1, self._revision)))
        batch: list[Event] = []
        async for message in self._stream:
            answer = read_watch(message)
            if answer.is_cancelled:
                raise self._refused(answer)
            batch += [event_of(change) for change in answer.changes if change.now.revision > self._revision]
            if batch and not answer.is_fragment:
                self._revision = batch[-1].revision
                self._seen(self._revision)
                yield batch
                batch = []

    def _refused(self, answer: WatchAnswer) -> Exception:
        if answer.compacted:
            return Compacted(self._revision, answer.compacted)
        return Unavailable(f"etcd refuses to watch: {answer.reason}", fix="check what the user of this server may read in etcd")


def event_of(change: Change) -> Event:
    """Return a change as the event of the store."""
    now, before = change.now, change.before
    previous, previous_revision = (None, 0) if before is None else (before.value, before.revision)
    created = now.create_revision or (before.create_revision if before is not None else 0)
    value = None if change.is_delete else now.value
    return Event(now.revision, now.key.decode(), value, previous, created, previous_revision)
