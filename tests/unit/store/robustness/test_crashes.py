"""Bugs of etcd that showed when a process died at the wrong moment, told on our engines."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from pilothouse.kit.errors import CallFailed
from pilothouse.store.revisions import Event, Store, StoreStopped
from pilothouse.testing.disks import SimulatedFiles
from pilothouse.testing.history import WatchRecord, check_watch
from tests.unit.store.robustness.engines import DURABLE, PREFIX, Rig, Writes, follow, on, watched
from tests.unit.store.robustness.engines import ETCD as ETCD_ENGINE

DEFRAGMENT = "/etcdserverpb.Maintenance/Defragment"


async def everything(store: Store, after: int) -> list[Event]:
    """Return the history of a store at rest."""
    newest = max((entry.revision for entry in (await store.range(PREFIX)).entries), default=0)
    return await follow(store.watch(PREFIX, after), WatchRecord(), max(newest, store.revision if not store.is_shared else newest))


@on(*DURABLE)
def test_etcd_13766_a_crash_under_high_load_applies_nothing_twice(rig: Rig) -> None:
    """After a crash under load entries were applied again, since what had been applied was not saved with the data."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("start", b"0")

        async def writer(name: int) -> None:
            with contextlib.suppress(StoreStopped):
                for number in range(1_000):
                    await writes.put(f"{name}", b"%d-%d" % (name, number))

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(writer(name)) for name in range(24)]
            while len(writes.acknowledged) < 300:
                await asyncio.sleep(0.005)
            again = await rig.crash("torn")
            acknowledged = dict(writes.acknowledged)
            for task in tasks:
                task.cancel()
        events = await everything(again, start)
        found = {event.revision: (event.key, event.value) for event in events}
        if rig.name != "etcd":  # files were cut while writes went on: what came later is not of this world
            acknowledged = {revision: write for revision, write in acknowledged.items() if revision <= again.revision}
            assert len(acknowledged) >= 300
        del acknowledged[start]
        assert acknowledged.items() <= found.items(), "every acknowledged write is there, at its revision"
        assert len({event.value for event in events}) == len(events), "no write was applied twice"
        revisions = [event.revision for event in events]
        assert revisions == list(range(start + 1, start + 1 + len(revisions))), "revisions have no gap"
        await again.close()
        await store.close()

    rig.run(story)


@on("log", "encrypted")
def test_etcd_14370_a_single_server_acknowledges_no_write_before_it_is_on_the_disk(rig: Rig) -> None:
    """A cluster of one told the client that its write was done before it was synced, and lost it in a crash."""

    async def story() -> None:
        store = await rig.open()
        before = await store.txn(PREFIX + "a", 0, b"1")
        reached, go_on = threading.Event(), threading.Event()
        lost: list[SimulatedFiles] = []

        def hold(call: str) -> None:
            if call == "sync":
                lost.append(rig.files.power_cut("synced"))
                reached.set()
                go_on.wait(10)

        rig.files.before_call = hold
        watch = store.watch(PREFIX, before)
        write = asyncio.ensure_future(store.txn(PREFIX + "a", before, b"2"))
        told = asyncio.ensure_future(anext(aiter(watch)))
        await asyncio.get_running_loop().run_in_executor(None, reached.wait, 10)
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not write.done() and not told.done(), "neither the writer nor a watcher hears of it"
        entry = await store.get(PREFIX + "a")
        assert entry is not None and entry.value == b"1" and store.revision == before
        go_on.set()
        assert await write == before + 1
        assert (await told)[0].value == b"2"
        kept = rig.files.power_cut("synced")
        assert [await value_after(rig, files) for files in (lost[0], kept)] == [b"1", b"2"]
        watch.close()
        await store.close()

    rig.run(story)


async def value_after(rig: Rig, files: SimulatedFiles) -> bytes:
    rig.files = files
    store = await rig.open()
    entry = await store.get(PREFIX + "a")
    await store.close()
    assert entry is not None
    return entry.value


@on("log", "encrypted")
def test_etcd_14685_a_crash_while_files_are_compacted_changes_nothing(rig: Rig) -> None:
    """A crash during defragmentation made a member apply entries again: its revisions were no longer those of the others."""

    async def story() -> None:
        store = await rig.open()
        for number in range(40):
            await store.txn(f"{PREFIX}{number % 7}", None, b"%d" % number)
        before = (await store.range(PREFIX)).entries
        cuts: list[tuple[str, SimulatedFiles]] = []
        files = rig.files
        files.before_call = lambda call: cuts.extend((call, files.power_cut(how)) for how in ("synced", "everything"))
        await store.snapshot()  # writes the state anew, begins a segment, drops old ones
        await store.compact(30)
        await store.close()
        assert {call for call, _ in cuts} >= {"rename", "unlink", "sync_directory"}
        for call, rig.files in cuts:
            again = await rig.open()
            assert again.revision == 40, f"cut before {call}"
            assert (await again.range(PREFIX)).entries == before, f"cut before {call}"
            await again.close()

    rig.run(story)


@on(ETCD_ENGINE)
def test_etcd_14685_a_crash_while_etcd_is_defragmented_changes_nothing(rig: Rig) -> None:
    """A crash during defragmentation made a member apply entries again: its revisions were no longer those of the others."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        for number in range(40):
            await writes.put(f"{number % 7}", b"%d" % number)
        before = (await store.range(PREFIX)).entries
        defragment = asyncio.ensure_future(store._channel.call(DEFRAGMENT, b""))  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        again = await rig.crash()
        with contextlib.suppress(CallFailed, StoreStopped):
            await defragment
        assert (await again.range(PREFIX)).entries == before
        log = writes.log
        record = await watched(again, log[0].revision - 1, log[-1].revision)
        assert record is not None and check_watch(log, record, until=log[-1].revision) == []
        await again.close()
        await store.close()

    rig.run(story)


@on("log", "encrypted")
def test_etcd_17780_the_revision_does_not_go_back_when_a_compaction_is_interrupted_behind_a_deletion(rig: Rig) -> None:
    """Compacting a newest revision that was a deletion, and a crash before that was noted, made the revision smaller."""

    async def story() -> None:
        store = await rig.open()
        for number in range(6):
            await store.txn(PREFIX + "a", None, b"%d" % number)
        newest = await store.txn(PREFIX + "a", 6, None)
        cuts: list[SimulatedFiles] = []
        files = rig.files
        files.before_call = lambda call: cuts.extend(files.power_cut(how) for how in ("synced", "everything", "torn"))
        await store.compact(newest)
        files.before_call = None
        await store.close()
        for rig.files in [*cuts, files.power_cut("synced")]:
            again = await rig.open()
            assert again.revision == newest
            assert (await again.range(PREFIX)).entries == []
            assert await again.txn(PREFIX + "a", 0, b"new") == newest + 1, "the revision of the deletion is not given again"
            await again.close()
        assert len(cuts) > 10

    rig.run(story)
