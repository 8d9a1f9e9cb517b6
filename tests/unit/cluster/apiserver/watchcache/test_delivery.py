"""The two ways to a client: pushed into its connection, or read piece by piece; both see the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver.watchcache.cache import Change, ResourceCache
from pilothouse.cluster.apiserver.watchcache.delivery import Life, WatchBody
from pilothouse.cluster.apiserver.watchcache.fanout import Fanout
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.cluster.apiserver.watchcache.streams import PIECE_BYTES, WatchStream
from pilothouse.kit.clock import SystemClock

PREFIX = "/registry/core/configmaps/"


def change(revision: int) -> Change:
    raw = b'{"kind":"ConfigMap","metadata":{"name":"x"}}'
    return revision, Item(f"{PREFIX}default/x{revision}", "default", f"x{revision}", raw, revision, revision), None


class Scene:
    """A watch, and a connection that takes what it is given until it is told to refuse."""

    def __init__(self, *, initial: tuple[bytes, ...] = (), timeout_s: float = 60.0, bookmark_s: float = 60.0) -> None:
        self.cache = ResourceCache(PREFIX, 0)
        self.stream = WatchStream(self.cache, lambda _: True, lambda event, item: f"{event} {item.revision}\n".encode())
        self.stream.open([], initial)
        self.body = WatchBody(self.stream, Life(SystemClock(), timeout_s, bookmark_s, lambda: b"BOOKMARK\n"), Fanout())
        self.sent: list[bytes] = []
        self.is_full = False

    def send(self, piece: bytes) -> bool:
        self.sent.append(piece)
        return not self.is_full


def run(scene: Callable[[], Scene], test: Callable[[Scene], Awaitable[None]]) -> None:
    async def started() -> None:
        async with asyncio.timeout(10):
            await test(scene())

    asyncio.run(started())


def test_changes_of_one_turn_are_one_piece() -> None:
    async def test(scene: Scene) -> None:
        scene.body.attach(scene.send)
        for revision in range(1, 4):
            scene.cache.record(change(revision))
        await asyncio.sleep(0)
        scene.cache.record(change(4))
        await asyncio.sleep(0)
        assert scene.sent == [b"ADDED 1\nADDED 2\nADDED 3\n", b"ADDED 4\n"]

    run(Scene, test)


def test_a_connection_that_is_full_is_left_alone_until_it_resumes() -> None:
    async def test(scene: Scene) -> None:
        scene.body.attach(scene.send)
        scene.is_full = True
        for revision in range(1, 4):
            scene.cache.record(change(revision))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert scene.sent == [b"ADDED 1\n"]
        scene.is_full = False
        scene.body.resume()
        await asyncio.sleep(0)
        assert scene.sent == [b"ADDED 1\n", b"ADDED 2\nADDED 3\n"]

    run(Scene, test)


def test_a_long_beginning_is_sent_in_pieces_before_what_follows() -> None:
    frame = b"x" * (PIECE_BYTES // 2) + b"\n"

    async def test(scene: Scene) -> None:
        scene.cache.record(change(1))
        scene.body.attach(scene.send)
        while not scene.sent or not scene.sent[-1].startswith(b"ADDED"):
            await asyncio.sleep(0)
        assert [len(piece) for piece in scene.sent] == [2 * len(frame), 2 * len(frame), len(frame), len(b"ADDED 1\n")]

    run(lambda: Scene(initial=(frame,) * 5), test)


def test_the_end_comes_when_everything_was_sent() -> None:
    async def test(scene: Scene) -> None:
        scene.body.attach(scene.send)
        scene.is_full = True
        scene.cache.record(change(1))
        await asyncio.sleep(0)
        scene.cache.record(change(2))
        scene.stream.close()
        ended = asyncio.ensure_future(scene.body.ended())
        await asyncio.sleep(0.05)
        assert not ended.done(), "one change still waits for the connection"
        scene.is_full = False
        scene.body.resume()
        await ended
        assert scene.sent == [b"ADDED 1\n", b"ADDED 2\n"]
        assert not scene.cache.listeners

    run(Scene, test)


def test_bookmarks_prove_life_until_the_deadline() -> None:
    async def pushed(scene: Scene) -> None:
        scene.body.attach(scene.send)
        await scene.body.ended()
        assert 2 <= len(scene.sent) <= 5 and set(scene.sent) == {b"BOOKMARK\n"}

    async def read(scene: Scene) -> None:
        pieces = [piece async for piece in scene.body]
        assert 2 <= len(pieces) <= 5 and set(pieces) == {b"BOOKMARK\n"}
        assert not scene.cache.listeners

    for test in (pushed, read):
        run(lambda: Scene(timeout_s=0.5, bookmark_s=0.12), test)


def test_closing_what_nobody_read_unsubscribes() -> None:
    async def test(scene: Scene) -> None:
        assert scene.cache.listeners
        await scene.body.aclose()
        assert not scene.cache.listeners

    run(Scene, test)
