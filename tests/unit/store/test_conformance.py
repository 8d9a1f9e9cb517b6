"""The semantics every store engine must have, run against each of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pilothouse.kit.clock import ManualClock
from pilothouse.store.log import LogStore
from pilothouse.store.memory import MemoryStore
from pilothouse.store.revisions import Compacted, Event, Mismatch, Store, StoreStopped
from tests.unit.store.etcd.server import EtcdServer, needs_etcd

OpenStore = Callable[[ManualClock], Awaitable[Store]]


@pytest.fixture(params=["memory", "log", pytest.param("etcd", marks=needs_etcd)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    async def opened(clock: ManualClock) -> Store:
        if request.param == "etcd":
            return await server.open_store()
        return MemoryStore(clock) if request.param == "memory" else await LogStore.open(tmp_path / "data", clock=clock)

    server = EtcdServer(tmp_path / "etcd")
    if request.param == "etcd":
        server.start()
    yield opened
    server.stop()


def scenario(open_store: OpenStore, body: Callable[[Store, ManualClock], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = ManualClock()
        store = await open_store(clock)
        try:
            await body(store, clock)
        finally:
            await store.close()

    asyncio.run(run())


async def take(watch: AsyncIterator[list[Event]], count: int) -> list[Event]:
    events: list[Event] = []
    async with asyncio.timeout(5):
        async for batch in watch:
            events.extend(batch)
            if len(events) >= count:
                break
    return events


def test_write_read_and_revisions(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        base = await store.txn("/start", 0, b"")
        assert await store.txn("/a", 0, b"1") == base + 1
        assert await store.txn("/b", 0, b"2") == base + 2
        assert await store.txn("/a", base + 1, b"3") == base + 3
        entry = await store.get("/a")
        assert entry is not None
        assert (entry.value, entry.revision - base, entry.create_revision - base) == (b"3", 3, 1)
        assert await store.get("/missing") is None

    scenario(open_store, body)


def test_preconditions(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        made = await store.txn("/a", 0, b"1")
        with pytest.raises(Mismatch) as exists:
            await store.txn("/a", 0, b"2")
        assert exists.value.found == made
        with pytest.raises(Mismatch):
            await store.txn("/a", made + 6, b"2")
        with pytest.raises(Mismatch):
            await store.txn("/b", made + 4, None)
        assert store.revision == made

    scenario(open_store, body)


def test_preconditions_see_pending_writes(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        async def create() -> int | Mismatch:
            try:
                return await store.txn("/a", 0, b"x")
            except Mismatch as error:
                return error

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(create()) for _ in range(10)]
        outcomes = [task.result() for task in tasks]
        assert sum(isinstance(outcome, int) for outcome in outcomes) == 1

    scenario(open_store, body)


def test_delete(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        made = await store.txn("/a", 0, b"1")
        assert await store.txn("/a", made, None) == made + 1
        assert await store.get("/a") is None
        assert await store.txn("/a", None, None) == made + 1, "deleting nothing writes nothing"
        assert await store.txn("/a", 0, b"again") == made + 2
        entry = await store.get("/a")
        assert entry is not None
        assert entry.create_revision == made + 2

    scenario(open_store, body)


def test_range_pages_in_key_order(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        base = await store.txn("/start", 0, b"")
        for name in "dbca":
            await store.txn(f"/p/{name}", 0, name.encode())
        await store.txn("/q/z", 0, b"z")
        page = await store.range("/p/", limit=3)
        assert [entry.key for entry in page.entries] == ["/p/a", "/p/b", "/p/c"]
        assert (page.has_more, page.remaining, page.revision - base) == (True, 1, 5)
        rest = await store.range("/p/", start="/p/c\x00")
        assert [entry.key for entry in rest.entries] == ["/p/d"]

    scenario(open_store, body)


def test_range_at_an_old_revision(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        one = await store.txn("/p/a", 0, b"1")
        two = await store.txn("/p/b", 0, b"1")
        three = await store.txn("/p/a", one, b"2")
        await store.txn("/p/b", two, None)
        await store.txn("/p/c", 0, b"1")
        old = await store.range("/p/", revision=two)
        assert [(entry.key, entry.value, entry.revision) for entry in old.entries] == [("/p/a", b"1", one), ("/p/b", b"1", two)]
        await store.compact(three)
        with pytest.raises(Compacted):
            await store.range("/p/", revision=two)

    scenario(open_store, body)


def test_watch_delivers_everything_in_order(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        base = await store.txn("/start", 0, b"")
        await store.txn("/p/a", 0, b"1")
        watch = store.watch("/p/", base)
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(take(aiter(watch), 4))
            await store.txn("/p/a", base + 1, b"2")
            await store.txn("/other", 0, b"x")
            await store.txn("/p/a", base + 2, None)
            await store.txn("/p/b", 0, b"1")
        events = reader.result()
        assert [(event.revision - base, event.key, event.value, event.previous) for event in events] == [
            (1, "/p/a", b"1", None),
            (2, "/p/a", b"2", b"1"),
            (4, "/p/a", None, b"2"),
            (5, "/p/b", b"1", None),
        ]

    scenario(open_store, body)


def test_watch_from_a_compacted_revision(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        base = await store.txn("/start", 0, b"")
        for number in range(5):
            await store.txn(f"/{number}", 0, b"x")
        await store.compact(base + 3)
        with pytest.raises(Compacted):
            store.watch("/", base + 1)
        store.watch("/", base + 3).close()

    scenario(open_store, body)


def test_closed_watch_ends(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        watch = store.watch("/", store.revision)
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(take(aiter(watch), 1))
            await asyncio.sleep(0)
            watch.close()
        assert reader.result() == []

    scenario(open_store, body)


def test_time_to_live(open_store: OpenStore, request: pytest.FixtureRequest) -> None:
    if "etcd" in request.node.name:
        pytest.skip("etcd has a clock of its own: see etcd/test_engine.py")

    async def body(store: Store, clock: ManualClock) -> None:
        await store.txn("/short", 0, b"x", ttl_s=10)
        kept = await store.txn("/kept", 0, b"x", ttl_s=10)
        await store.txn("/kept", kept, b"y")
        watch = store.watch("/", store.revision)
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(take(aiter(watch), 1))
            for _ in range(12):
                await clock.advance(1)
        assert [(event.key, event.value) for event in reader.result()] == [("/short", None)]
        assert await store.get("/kept") is not None

    scenario(open_store, body)


def test_closed_store_refuses_writes(open_store: OpenStore) -> None:
    async def body(store: Store, _: ManualClock) -> None:
        await store.txn("/a", 0, b"1")
        await store.close()
        with pytest.raises(StoreStopped):
            await store.txn("/b", 0, b"1")
        await store.close()

    scenario(open_store, body)
