"""What only a real etcd can show: several servers on it, leases, its absence, what others do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.errors import TooLarge
from pilothouse.store.etcd import engine
from pilothouse.store.etcd.engine import EtcdStore
from pilothouse.store.revisions import Compacted, Event, Mismatch, StoreStopped, Watch
from pilothouse.wire.grpc import GrpcChannel
from pilothouse.wire.http.messages import Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver
from tests.unit.store.etcd.server import EtcdServer, needs_etcd

pytestmark = needs_etcd
KEY = "/registry/core/configmaps/default/a"
MAPS = "/api/v1/namespaces/default/configmaps"


def with_etcd(folder: Path, test: Callable[[EtcdServer], Awaitable[None]]) -> None:
    server = EtcdServer(folder / "etcd")
    server.start()

    async def run() -> None:
        async with asyncio.timeout(50):
            await test(server)

    try:
        asyncio.run(run())
    finally:
        server.stop()


async def take(watch: Watch, count: int) -> list[Event]:
    events: list[Event] = []
    async for batch in watch:
        events += batch
        if len(events) >= count:
            break
    watch.close()
    return events


def test_a_lease_ends_a_key_and_every_end_has_a_revision_of_its_own(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        store = await server.open_store()
        watch = store.watch("/registry/", store.revision)
        for name in "abc":
            await store.txn(f"/registry/core/events/default/{name}", 0, b"x", ttl_s=1)
        events = await take(watch, 6)
        assert [event.value for event in events] == [b"x"] * 3 + [None] * 3
        assert len({event.revision for event in events}) == 6
        assert all(event.previous == b"x" for event in events[3:])
        await store.close()

    with_etcd(tmp_path, test)


def test_many_keys_are_read_in_pages_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PAGE", 7)

    async def test(server: EtcdServer) -> None:
        store = await server.open_store()
        for number in range(40):
            await store.txn(f"/registry/a/b/{number:02}", 0, b"x")
        whole = await store.range("/registry/")
        assert [entry.key[-2:] for entry in whole.entries] == [f"{number:02}" for number in range(40)]
        page = await store.range("/registry/", limit=10, start="/registry/a/b/05")
        assert (page.entries[0].key[-2:], len(page.entries), page.has_more, page.remaining) == ("05", 10, True, 25)
        await store.close()

    with_etcd(tmp_path, test)


def test_two_servers_never_overwrite_each_other_and_see_what_the_other_wrote_at_once(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        servers = [ApiServer(await server.open_store("/registry/")) for _ in range(2)]
        for each in servers:
            await each.start()
        one, two = (Driver(each) for each in servers)
        await one.ok("POST", MAPS, {"metadata": {"name": "n"}, "data": {"count": "0"}})
        for number in range(20):  # each reads what the other wrote a moment ago
            writer, reader = (one, two) if number % 2 else (two, one)
            tree = await writer.ok("GET", f"{MAPS}/n")
            tree["data"]["count"] = str(int(tree["data"]["count"]) + 1)
            made = await writer.ok("PUT", f"{MAPS}/n", tree)
            assert (await reader.ok("GET", f"{MAPS}/n"))["data"]["count"] == str(number + 1)
            listed = await reader.ok("GET", MAPS, query={"resourceVersion": made["metadata"]["resourceVersion"]})
            assert listed["items"][0]["data"]["count"] == str(number + 1)
        for _ in range(10):
            await asyncio.gather(*(count_up(driver) for driver in (one, two, one, two)))
        assert (await two.ok("GET", f"{MAPS}/n"))["data"]["count"] == "60"
        for each in servers:
            await each.stop()
            await each.backend.store.close()

    async def count_up(driver: Driver) -> None:
        while True:
            tree = await driver.ok("GET", f"{MAPS}/n")
            tree["data"]["count"] = str(int(tree["data"]["count"]) + 1)
            status, answer = await driver.call("PUT", f"{MAPS}/n", tree)
            if status == 200:
                return
            assert (status, answer["reason"]) == (409, "Conflict")

    with_etcd(tmp_path, test)


def test_watches_of_two_servers_give_the_same_changes_in_the_same_order(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        stores = [await server.open_store() for _ in range(3)]
        base = stores[0].revision

        async def write(store: EtcdStore, name: str) -> None:
            revision = 0
            for number in range(30):
                revision = await store.txn(f"/registry/a/b/{name}", revision, b"%d" % number)

        watches = [store.watch("/registry/", base) for store in stores]
        readers = [asyncio.ensure_future(take(watch, 90)) for watch in watches]
        await asyncio.gather(*(write(store, str(number)) for number, store in enumerate(stores)))
        seen = [await reader for reader in readers]
        assert seen[0] == seen[1] == seen[2]
        assert [event.revision for event in seen[0]] == sorted({event.revision for event in seen[0]})
        for store in stores:
            await store.close()

    with_etcd(tmp_path, test)


def test_progress_goes_past_changes_that_nobody_watches(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        store, other = await server.open_store("/registry/"), await server.open_store("/registry/")
        watch = store.watch("/registry/", store.revision)
        reader = asyncio.ensure_future(take(watch, 1))
        foreign = await other.txn("/elsewhere/x", None, b"x")
        revisions = await asyncio.gather(*(store.progress() for _ in range(10)))
        assert min(revisions) >= foreign
        assert (await reader)[-1].revision >= foreign
        for each in (store, other):
            await each.close()

    with_etcd(tmp_path, test)


def test_a_restarted_etcd_is_followed_on_without_a_gap(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        store = await server.open_store()
        watch = store.watch("/registry/", store.revision)
        reader = asyncio.ensure_future(take(watch, 2))
        revision = await store.txn(KEY, 0, b"1")
        server.stop()
        with pytest.raises(StoreStopped, match="etcd does not answer"):
            await store.txn(KEY, revision, b"lost or not")
        server.start()
        while True:
            try:
                found = await store.get(KEY)
                break
            except StoreStopped:
                await asyncio.sleep(0.05)
        assert found is not None
        await store.txn(KEY, found.revision, b"2")
        assert [event.value for event in await reader] == [b"1", b"2"]
        await store.close()

    with_etcd(tmp_path, test)


def test_a_server_that_starts_late_finds_what_was_compacted(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        store = await server.open_store()
        revision = 0
        for number in range(10):
            revision = await store.txn(KEY, revision, b"%d" % number)
        await store.compact(revision - 2)
        late = await server.open_store()
        assert revision - 4 <= late.oldest_revision <= revision - 2
        with pytest.raises(Compacted):
            late.watch("/registry/", late.oldest_revision - 1)
        assert len(await take(late.watch("/registry/", revision - 2), 2)) == 2
        with pytest.raises(Compacted):
            await take(EtcdStore.watch(_forgetful(late), "/registry/", 2), 1)
        for each in (store, late):
            await each.close()

    def _forgetful(store: EtcdStore) -> EtcdStore:
        store._oldest = 0
        return store

    with_etcd(tmp_path, test)


def test_what_etcd_refuses_is_said_in_words(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        store = await server.open_store()
        with pytest.raises(TooLarge, match="etcd refuses the value"):
            await store.txn(KEY, 0, b"x" * (2 << 20))
        with pytest.raises(Mismatch) as lost:
            await store.txn(KEY, 5, b"x")
        assert lost.value.found == 0
        await store.close()
        await store.close()
        with pytest.raises(StoreStopped, match="closed"):
            await store.get(KEY)
        with pytest.raises(StoreStopped, match="etcd does not answer"):
            await EtcdStore.open(GrpcChannel("127.0.0.1:1"))

    with_etcd(tmp_path, test)


def test_a_server_on_etcd_serves_history_to_watches_after_a_restart(tmp_path: Path) -> None:
    async def test(server: EtcdServer) -> None:
        first = ApiServer(await server.open_store("/registry/"))
        await first.start()
        made = await Driver(first).ok("POST", MAPS, {"metadata": {"name": "x"}})
        await Driver(first).ok("DELETE", f"{MAPS}/x")
        await first.stop()
        await first.backend.store.close()
        second = ApiServer(await server.open_store("/registry/"))
        await second.start()
        query = [("watch", "true"), ("resourceVersion", made["metadata"]["resourceVersion"])]
        response = await second.handle(Request("GET", MAPS, query, {}, b"", ADMIN, is_streaming=True))
        assert not isinstance(response.body, bytes)
        assert b'"type":"DELETED"' in await anext(aiter(response.body))
        await response.aclose()
        await second.stop()
        await second.backend.store.close()

    with_etcd(tmp_path, test)
