"""Watches over a channel that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import CallFailed, Unavailable
from pilothouse.store.etcd import watches
from pilothouse.store.etcd.messages import Change, KeyValue
from pilothouse.store.etcd.watches import EtcdWatch, event_of
from pilothouse.store.revisions import Compacted, Event


def put(revision: int) -> bytes:
    entry = b"\n\x01k\x18" + bytes([revision]) + b"*\x01v"
    change = b"\x12" + bytes([len(entry)]) + entry
    return b"\x5a" + bytes([len(change)]) + change


class Answers:
    """A stream of given messages; None breaks it off."""

    def __init__(self, messages: list[bytes | None]) -> None:
        self.messages = messages

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for message in self.messages:
            if message is None:
                raise CallFailed("gone", code=14)
            yield message
        await asyncio.Event().wait()

    def cancel(self) -> None:
        """Nothing to end."""


class Broken:
    """A channel whose streams break off, one after the other."""

    def __init__(self, *streams: list[bytes | None]) -> None:
        self.streams, self.asked = list(streams), list[bytes]()

    async def call(self, method: str, request: bytes, *, timeout_s: float = 10.0) -> bytes:
        raise NotImplementedError

    def stream(self, method: str, request: bytes) -> Answers:
        self.asked.append(request)
        return Answers(self.streams.pop(0))

    async def close(self) -> None:
        """Nothing to end."""


def follow(channel: Broken, count: int) -> list[Event]:
    async def run() -> list[Event]:
        seen: list[Event] = []
        watch = EtcdWatch(channel, (b"k", b"l"), 4, SystemClock(), lambda revision: None)
        async with asyncio.timeout(5):
            async for batch in watch:
                seen += batch
                if len(seen) >= count:
                    break
        watch.close()
        return seen

    return asyncio.run(run())


def test_a_broken_stream_is_opened_again_behind_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "REOPEN_S", 0.01)
    channel = Broken([put(5), put(6), None], [None], [b"", put(7)])
    assert [event.revision for event in follow(channel, 3)] == [5, 6, 7]
    assert [request[request.index(b"\x18") + 1] for request in channel.asked] == [4, 6, 6]


def test_a_watch_asks_from_where_it_is_so_that_what_is_compacted_there_shows() -> None:
    channel = Broken([put(4), put(4) + put(5), put(6)])
    assert [event.revision for event in follow(channel, 2)] == [5, 6]
    assert b"\x18\x04" in channel.asked[0]


def test_pieces_of_one_answer_are_given_together() -> None:
    channel = Broken([put(5) + b"\x38\x01", put(6)])
    assert [event.revision for event in follow(channel, 2)] == [5, 6]
    lost = Broken([put(5) + b"\x38\x01", None], [put(5) + put(6)])
    assert [event.revision for event in follow(lost, 2)] == [5, 6], "half an answer is none"


def test_refusals() -> None:
    with pytest.raises(Compacted) as gone:
        follow(Broken([b"\x20\x01\x28\x09"]), 1)
    assert (gone.value.requested, gone.value.oldest) == (4, 9)
    with pytest.raises(Unavailable, match="permission denied"):
        follow(Broken([b"\x20\x01\x32\x11permission denied"]), 1)


def test_a_change_becomes_an_event() -> None:
    before = KeyValue(b"k", b"old", 3, 2)
    assert event_of(Change(True, KeyValue(b"k", b"", 9), before)) == Event(9, "k", None, b"old", 2, 3)
    assert event_of(Change(False, KeyValue(b"k", b"new", 9, 9), None)) == Event(9, "k", b"new", None, 9, 0)
