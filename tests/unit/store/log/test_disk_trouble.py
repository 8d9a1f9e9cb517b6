"""A disk that fills up or fails: nothing acknowledged is lost, reads go on, and the store says what to do, if anything."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest

from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.store.log.segments import MAGIC, segment_name
from pilothouse.store.revisions import Event, StoreFull, StoreStopped
from pilothouse.testing.disks import SimulatedFiles
from tests.score.figures import note

CONFIG = LogConfig(keep_events=10_000, snapshot_every=12)
KEEPS_ALL = LogConfig(keep_events=10_000, snapshot_every=10_000)


def open_store(files: SimulatedFiles, config: LogConfig = CONFIG) -> LogStore:
    return LogStore(Disk(files), config, SystemClock(), Faults())


async def history(store: LogStore) -> list[Event]:
    events: list[Event] = []
    watch = store.watch("/", store.oldest_revision)
    while len(events) < store.revision - store.oldest_revision:
        events += await anext(aiter(watch))
    watch.close()
    return events


class Trouble:
    """Writers on a disk on which one call fails: once, or from then on."""

    def __init__(self, at: int, error: int, *, is_lasting: bool) -> None:
        self.files = SimulatedFiles()
        self.at, self.error, self.is_lasting = at, error, is_lasting
        self.made = 0
        self.acknowledged: dict[int, tuple[str, bytes]] = {}
        self.refused: set[bytes] = set()
        self.is_stopped = False
        self.files.before_call = self._maybe_fail

    def _maybe_fail(self, call: str) -> None:
        self.made += 1
        if self.is_lasting and self.error == errno.ENOSPC and call not in ("open", "write", "rename"):
            return  # nothing else takes room
        if self.made == self.at or (self.is_lasting and self.made > self.at):
            raise OSError(self.error, "simulated")

    async def write(self) -> None:
        store = open_store(self.files)
        async with asyncio.TaskGroup() as group:
            for name in range(3):
                group.create_task(self._writer(store, name))
        for _, (key, value) in sorted(self.acknowledged.items())[-1:]:
            entry = await store.get(key)
            assert entry is not None and entry.value == value, "reads go on"
        await store.close()

    async def _writer(self, store: LogStore, name: int) -> None:
        for number in range(40):
            key, value = f"/k/{name}", f"{name}-{number}".encode()
            try:
                self.acknowledged[await store.txn(key, None, value)] = key, value
            except StoreFull as error:
                assert "no room" in error.message and error.http_code == 507
                self.refused.add(value)
            except StoreStopped as error:
                assert "could not be written" in error.message and "restart" in error.fix
                self.is_stopped = True
                return

    async def check(self, files: SimulatedFiles) -> None:
        store = open_store(files)
        events = await history(store)
        found = {event.revision: (event.key, event.value) for event in events}
        kept = {revision: write for revision, write in self.acknowledged.items() if revision > store.oldest_revision}
        assert kept.items() <= found.items(), f"call {self.at} failed: lost {kept.items() - found.items()}"
        assert store.revision >= max(self.acknowledged, default=0)
        assert not self.refused & {event.value for event in events}, "what was refused for want of room was not done"
        assert await store.txn("/after", 0, b"x") == store.revision
        await store.close()


@pytest.mark.parametrize("is_lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_every_call_may_fail(error: int, is_lasting: bool) -> None:
    points, at, outcomes = 0, 1, set()
    while True:
        trouble = Trouble(at, error, is_lasting=is_lasting)
        try:
            asyncio.run(trouble.write())
        except OSError:
            assert not trouble.acknowledged, "only a start may fail as a whole"
        if trouble.made < at:
            break
        outcomes.add("stopped" if trouble.is_stopped else "full" if trouble.refused else "unharmed")
        for survival in ("synced", "everything", "torn"):
            asyncio.run(trouble.check(trouble.files.power_cut(survival, Entropy(at))))
            points += 1
        at += 1
    assert points > 150
    expected = {"stopped", "unharmed"} if error == errno.EIO else {"full", "unharmed"}
    assert outcomes == expected | ({"stopped"} if not is_lasting else set())  # a sync that fails stops, for whatever reason
    note("disk_trouble_points", points)


def test_a_full_disk_refuses_writes_and_takes_them_again_when_there_is_room() -> None:
    async def run() -> None:
        files = SimulatedFiles(capacity_bytes=2_000)
        store = open_store(files, KEEPS_ALL)
        revision = 0
        with pytest.raises(StoreFull, match="free room; nothing else is needed"):
            while True:
                revision = await store.txn(f"/k/{revision}", 0, b"x" * 50)
        for _ in range(3):
            with pytest.raises(StoreFull):
                await store.txn("/k/more", 0, b"x" * 50)
        assert store.revision == revision
        entry = await store.get(f"/k/{revision - 1}")
        assert entry is not None and entry.value == b"x" * 50
        files.capacity_bytes = 4_000
        assert await store.txn("/k/again", 0, b"x" * 50) == revision + 1
        for survival in ("synced", "everything"):
            after = open_store(files.power_cut(survival), KEEPS_ALL)
            assert after.revision == revision + 1
            await after.close()
        await store.close()

    asyncio.run(run())


def test_a_small_write_still_fits_where_a_large_one_does_not() -> None:
    async def run() -> None:
        files = SimulatedFiles(capacity_bytes=1_000)
        store = open_store(files, KEEPS_ALL)
        with pytest.raises(StoreFull):
            await store.txn("/large", 0, b"x" * 2_000)
        assert await store.txn("/small", 0, b"x") == 1
        await store.close()
        assert open_store(files, KEEPS_ALL).revision == 1

    asyncio.run(run())


def test_expired_keys_are_deleted_once_there_is_room() -> None:
    async def run() -> None:
        files = SimulatedFiles(capacity_bytes=400)
        store = open_store(files, KEEPS_ALL)
        await store.txn("/short", 0, b"x", ttl_s=1)
        files.capacity_bytes = 0
        await asyncio.sleep(2.1)
        assert await store.get("/short") is not None
        files.capacity_bytes = 4_000
        watch = store.watch("/", store.revision)
        async with asyncio.timeout(5):
            (event,) = await anext(aiter(watch))
        assert (event.key, event.value) == ("/short", None)
        await store.close()

    asyncio.run(run())


def test_a_snapshot_that_does_not_fit_leaves_nothing_behind() -> None:
    async def run() -> None:
        files = SimulatedFiles()
        store = open_store(files, KEEPS_ALL)
        for number in range(20):
            await store.txn(f"/k/{number}", 0, b"x" * 50)
        names, files.capacity_bytes = files.names(), files.used_bytes + 300
        with pytest.raises(OSError, match="No space"):
            await store.snapshot()
        assert files.names() == names
        assert await store.txn("/after", 0, b"x") == 21
        await store.close()
        assert open_store(files, KEEPS_ALL).revision == 21

    asyncio.run(run())


def test_a_failed_sync_stops_the_writer_until_a_restart() -> None:
    async def run() -> None:
        files = SimulatedFiles()
        store = open_store(files)
        await store.txn("/a", 0, b"1")
        files.failures["sync"] = errno.EIO
        with pytest.raises(StoreStopped, match="could not be written"):
            await store.txn("/a", 1, b"2")
        files.failures.clear()
        with pytest.raises(StoreStopped, match="restart"):
            await store.txn("/a", 1, b"3")
        entry = await store.get("/a")
        assert entry is not None and entry.value == b"1"
        await store.close()
        again = open_store(files.power_cut("synced"))
        assert again.revision == 1
        assert await again.txn("/a", 1, b"4") == 2
        await again.close()

    asyncio.run(run())


def left_over(files: SimulatedFiles, header: bytes) -> None:
    """Put a segment there whose making failed and that could not be removed."""
    handle = files.open(segment_name(8), is_new=True)
    if header:
        files.write(handle, header)


@pytest.mark.parametrize("header", [b"", MAGIC, MAGIC[:3]])
def test_what_is_left_of_a_segment_that_could_not_be_made_hides_nothing(header: bytes) -> None:
    async def run() -> None:
        files = SimulatedFiles()
        store = open_store(files, KEEPS_ALL)
        for number in range(7):
            await store.txn("/a", None, b"%d" % number)
        await store.snapshot()
        await store.compact(7)
        for number in range(7, 12):
            await store.txn("/a", None, b"%d" % number)
        await store.close()
        files.rename(segment_name(8), segment_name(2))
        left_over(files, header)
        again = open_store(files, KEEPS_ALL)
        assert again.revision == 12
        entry = await again.get("/a")
        assert entry is not None and entry.value == b"11"
        await again.close()

    asyncio.run(run())


def test_a_missing_tail_behind_which_a_segment_was_begun_is_refused() -> None:
    async def run(spoil: Callable[[SimulatedFiles], None]) -> None:
        files = SimulatedFiles()
        for _ in range(2):
            store = open_store(files, KEEPS_ALL)
            if store.revision == 0:
                for number in range(7):
                    await store.txn("/a", None, b"%d" % number)
            await store.close()
        spoil(files)
        with pytest.raises(Exception, match="acknowledged writes would be lost"):
            open_store(files, KEEPS_ALL)

    def cut(files: SimulatedFiles) -> None:
        handle = files.open(segment_name(1), is_new=False)
        files.resize(handle, len(files.read(segment_name(1))) - 3)

    def cut_record(files: SimulatedFiles) -> None:
        handle = files.open(segment_name(1), is_new=False)
        files.resize(handle, len(MAGIC) + 6 * (len(files.read(segment_name(1))) - len(MAGIC)) // 7)

    asyncio.run(run(cut))
    asyncio.run(run(cut_record))
