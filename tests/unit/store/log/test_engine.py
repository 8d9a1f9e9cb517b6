"""The log engine across restarts, torn tails, failing syncs and power cuts."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.kit.faults import FaultPlan, FaultRule, Faults
from pilothouse.store.log import LogConfig, LogStore, records
from pilothouse.store.log.lock import DataDirectoryLocked, UnknownFormat
from pilothouse.store.log.segments import DamagedLog
from pilothouse.store.revisions import Compacted, StoreStopped

SMALL = LogConfig(keep_events=50, snapshot_every=20)
WIDE = LogConfig(keep_events=500, snapshot_every=40)


async def fill(store: LogStore, start: int, count: int) -> None:
    for number in range(start, start + count):
        await store.txn(f"/k/{number % 30:03}", None, f"value {number}".encode())


def test_state_and_history_survive_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path, SMALL)
        await fill(store, 0, 55)
        before = (await store.range("/")).entries
        await store.close()
        again = await LogStore.open(tmp_path, SMALL)
        assert again.revision == 55
        assert (await again.range("/")).entries == before
        watch = again.watch("/", 35)
        events = [event async for batch in _until(watch, 20) for event in batch]
        assert [event.revision for event in events] == list(range(36, 56))
        assert all(event.previous is not None for event in events)
        await again.close()

    asyncio.run(run())


async def _until(watch, count):  # type: ignore[no-untyped-def]
    seen = 0
    async for batch in watch:
        yield batch
        seen += len(batch)
        if seen >= count:
            watch.close()
            return


def test_old_segments_and_snapshots_are_dropped(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path, SMALL)
        for round_number in range(12):
            await fill(store, round_number * 20, 20)
            await store.snapshot()
        await store.close()
        names = sorted(path.name for path in (tmp_path / "log").iterdir())
        assert len([name for name in names if name.startswith("snapshot")]) == 2
        assert len(names) < 8, names
        again = await LogStore.open(tmp_path, SMALL)
        assert again.revision == 240
        with pytest.raises(Compacted):
            again.watch("/", 10)
        await again.close()

    asyncio.run(run())


@pytest.mark.parametrize("snapshots", [(), (5,), (45,), (5, 25, 45), tuple(range(1, 200, 3)), (199, 200)])
def test_the_promised_history_survives_a_restart_whenever_snapshots_were_made(tmp_path: Path, snapshots: tuple[int, ...]) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path, WIDE)
        for number in range(1, 201):
            await fill(store, number, 1)
            if number in snapshots:
                await store.snapshot()
        await store.close()
        assert len(list((tmp_path / "log").glob("snapshot-*"))) <= 3
        for _ in range(3):
            again = await LogStore.open(tmp_path, WIDE)
            assert again.oldest_revision <= 200 - WIDE.snapshot_every
            again.watch("/", 200 - WIDE.snapshot_every).close()
            await again.close()

    asyncio.run(run())


def test_compacted_history_does_not_come_back_and_is_gone_from_the_disk(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path, WIDE)
        await store.txn("/k/secret", 0, b"of old")
        await store.txn("/k/secret", 1, b"of new")
        await fill(store, 0, 20)
        await store.compact(22)
        with pytest.raises(Compacted):
            store.watch("/", 21)
        await store.close()
        assert not any(b"of old" in path.read_bytes() for path in (tmp_path / "log").iterdir())
        again = await LogStore.open(tmp_path, WIDE)
        with pytest.raises(Compacted):
            again.watch("/", 21)
        assert again.revision == 22
        await again.close()

    asyncio.run(run())


def test_second_process_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path)
        with pytest.raises(DataDirectoryLocked, match="in use by another process"):
            await LogStore.open(tmp_path)
        await store.close()
        await (await LogStore.open(tmp_path)).close()

    asyncio.run(run())


def test_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").write_text('{"version": 99}')
    with pytest.raises(UnknownFormat, match="format 99"):
        asyncio.run(LogStore.open(tmp_path))


def test_torn_tail_is_cut(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path)
        await fill(store, 0, 10)
        await store.close()
        segment = max((tmp_path / "log").glob("log-*"))
        segment.write_bytes(segment.read_bytes()[:-3])
        again = await LogStore.open(tmp_path)
        assert again.revision == 9
        assert await again.txn("/new", 0, b"x") == 10
        await again.close()
        third = await LogStore.open(tmp_path)
        assert third.revision == 10
        await third.close()

    asyncio.run(run())


def test_damage_in_the_middle_is_refused_with_the_place(tmp_path: Path) -> None:
    async def run() -> None:
        for _ in range(2):
            store = await LogStore.open(tmp_path)
            await fill(store, 0, 10)
            await store.close()
        first = min((tmp_path / "log").glob("log-*"))
        data = bytearray(first.read_bytes())
        data[60] ^= 0xFF
        first.write_bytes(data)
        with pytest.raises(DamagedLog, match="at byte"):
            await LogStore.open(tmp_path)

    asyncio.run(run())


def test_failed_sync_stops_writes_and_discards_what_was_pending(tmp_path: Path) -> None:
    async def run() -> None:
        faults = Faults()
        store = await LogStore.open(tmp_path, faults=faults)
        await store.txn("/a", 0, b"1")
        faults.load(FaultPlan(rules=(FaultRule(point="store.sync", action="error"),)))
        with pytest.raises(StoreStopped, match="could not be written"):
            await store.txn("/b", 0, b"1")
        faults.load(None)
        with pytest.raises(StoreStopped):
            await store.txn("/c", 0, b"1")
        assert store.revision == 1
        assert await store.get("/b") is None
        await store.close()

    asyncio.run(run())


def test_a_value_that_could_not_be_read_back_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 1000)

    async def run() -> None:
        store = await LogStore.open(tmp_path)
        with pytest.raises(records.RecordTooLarge):
            await store.txn("/large", 0, b"x" * 1000)
        assert await store.txn("/small", 0, b"x") == 1
        await store.close()
        again = await LogStore.open(tmp_path)
        assert again.revision == 1
        await again.close()

    asyncio.run(run())


def test_closing_amid_writes_answers_every_writer(tmp_path: Path) -> None:
    async def writer(store: LogStore, name: int) -> None:
        with pytest.raises(StoreStopped):
            while True:
                await store.txn(f"/k/{name}", None, b"x")

    async def run() -> None:
        store = await LogStore.open(tmp_path)
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            for name in range(4):
                group.create_task(writer(store, name))
            await store.txn("/first", 0, b"x")
            await store.close()

    asyncio.run(run())


def test_a_snapshot_after_a_torn_write_leaves_a_log_that_opens(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path)
        await fill(store, 0, 10)
        append = store._segment.append

        def torn(data: bytes) -> None:
            append(data[:-3])
            raise OSError("no space left on device")

        store._segment.append = torn  # type: ignore[method-assign]
        with pytest.raises(StoreStopped):
            await store.txn("/torn", 0, b"x")
        with pytest.raises(OSError, match="stays the newest"):
            await store.snapshot()
        await store.close()
        for _ in range(2):
            again = await LogStore.open(tmp_path)
            assert again.revision == 10
            await again.close()

    asyncio.run(run())


def test_half_written_snapshots_are_cleared_away(tmp_path: Path) -> None:
    async def run() -> None:
        store = await LogStore.open(tmp_path)
        leftover = tmp_path / "log" / "snapshot-00000000000000000009.tmp"
        leftover.write_bytes(b"half")
        await fill(store, 0, 3)
        await store.snapshot()
        assert not leftover.exists()
        await store.close()

    asyncio.run(run())
