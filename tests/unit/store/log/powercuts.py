"""Runs the log engine on a simulated disk and looks at every moment the power could have failed.

Before each system call that changes something, the files are cut in several ways (nothing unsynced survives, everything does, an
arbitrary damaged part does) together with what was acknowledged by then. Each such point is opened again and compared with the
log of all writes: what was recovered must be a beginning of it that holds everything acknowledged, and go on from there.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.encryption.config import Rules, read_rules
from pilothouse.store.encryption.engine import EncryptedStore
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.store.revisions import Event, Store
from pilothouse.testing.disks import SimulatedFiles, Survival
from pilothouse.testing.history import Commit, WatchRecord, check_watch
from pilothouse.testing.history.watches import Seen

SURVIVALS: tuple[Survival, ...] = ("synced", "everything", "torn", "torn")
SECRET_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ENCRYPTION = {
    "apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
    "resources": [{"resources": ["k"], "providers": [{"aesgcm": {"keys": [{"name": "one", "secret": SECRET_KEY}]}}]}],
}  # fmt: skip


class Point(NamedTuple):
    """One moment: the call that was about to be made, the files as a start would find them, and what clients had been told."""

    call: str
    survival: Survival
    files: SimulatedFiles
    acknowledged: int


class Story:
    """A seeded run: several writers, deletions, snapshots and compactions."""

    def __init__(self, seed: int, *, is_encrypted: bool = False, config: LogConfig | None = None) -> None:
        self.entropy = Entropy(seed)
        self.config = config or LogConfig(keep_events=40, snapshot_every=7 + self.entropy.randrange(20))
        self.rules: Rules | None = read_rules(ENCRYPTION, self.entropy.token_bytes) if is_encrypted else None
        self.log: list[Commit] = []
        """All writes in the order of their revisions, acknowledged or not."""
        self.acknowledged = 0
        self.points: list[Point] = []
        self.is_recording = True

    def open(self, files: SimulatedFiles) -> Store:
        """Open a store, with the clock standing still."""
        store = LogStore(Disk(files), self.config, SystemClock(), Faults())
        return EncryptedStore(store, self.rules) if self.rules is not None else store

    def run(self, writes: int = 24, writers: int = 3) -> None:
        """Write on a fresh disk and collect the points."""
        files = SimulatedFiles()
        files.before_call = lambda call: self._collect(files, call)
        asyncio.run(self._write(files, writes, writers))

    def _collect(self, files: SimulatedFiles, call: str) -> None:
        if self.is_recording:
            for survival in SURVIVALS:
                self.points.append(Point(call, survival, files.power_cut(survival, self.entropy), self.acknowledged))

    async def _write(self, files: SimulatedFiles, writes: int, writers: int) -> None:
        store = self.open(files)
        async with asyncio.TaskGroup() as group:
            for _ in range(writers):
                group.create_task(self._writer(store, writes))
        await store.close()
        self._collect(files, "end")

    async def _writer(self, store: Store, writes: int) -> None:
        for _ in range(writes):
            key = f"/registry/core/k/ns/{self.entropy.randrange(6)}"
            value = None if self.entropy.randrange(4) == 0 else self.entropy.token_bytes(1 + self.entropy.randrange(60))
            await self._put(store, key, value)
            if self.entropy.randrange(25) == 0:
                await (store.snapshot() if self.entropy.randrange(3) else store.compact(max(0, store.revision - 10)))

    async def _put(self, store: Store, key: str, value: bytes | None) -> None:
        """Write; the revision is known at once, since a write takes its place before it waits for anything."""
        is_live = self.state(len(self.log)).get(key) is not None
        if value is None and not is_live:
            return
        self.log.append(Commit(len(self.log) + 1, key, value))
        expected = len(self.log)
        revision = await store.txn(key, None, value)
        assert revision == expected
        self.acknowledged = max(self.acknowledged, revision)

    def state(self, revision: int) -> dict[str, tuple[bytes, int]]:
        """Return what was live at a revision: value and its revision by key."""
        live: dict[str, tuple[bytes, int]] = {}
        for commit in self.log[:revision]:
            live.pop(commit.key, None)
            if commit.value is not None:
                assert isinstance(commit.value, bytes)
                live[commit.key] = (commit.value, commit.revision)
        return live

    async def check(self, point: Point) -> None:
        """Open the files of a point and compare; then write, and open once more."""
        place = f"before {point.call}, {point.survival} survives, {point.acknowledged} acknowledged"
        store = self.open(point.files)
        recovered = store.revision
        assert point.acknowledged <= recovered <= len(self.log), f"{place}: recovered up to {recovered}"
        await self._compare(store, recovered, place)
        after = [*self.log[:recovered], Commit(recovered + 1, "/registry/core/k/ns/after", b"x")]
        assert await store.txn("/registry/core/k/ns/after", 0, b"x") == recovered + 1, place
        await store.close()
        again = self.open(point.files.power_cut("synced"))
        assert again.revision == recovered + 1, f"{place}: {again.revision} after another restart"
        assert await seen_by_watch(again, again.oldest_revision, after) == [], place
        await again.close()

    async def _compare(self, store: Store, recovered: int, place: str) -> None:
        found = {entry.key: (entry.value, entry.revision) for entry in (await store.range("/registry/")).entries}
        assert found == self.state(recovered), place
        assert await seen_by_watch(store, store.oldest_revision, self.log[:recovered]) == [], place


async def seen_by_watch(store: Store, after: int, log: list[Commit]) -> list[str]:
    """Return what is wrong with a watch from `after` on over a store at rest that should hold `log`."""
    record = WatchRecord()
    record.opened(after)
    watch = store.watch("/registry/", after)
    if store.revision > after:
        async for batch in watch:
            record.events(*map(as_seen, batch), durable=store.revision)
            if batch[-1].revision >= store.revision:
                break
    watch.close()
    return [str(violation) for violation in check_watch(log, record, until=len(log))]


def as_seen(event: Event) -> Seen:
    """Return an event of the store for the checker."""
    return Seen(event.revision, event.key, event.value)


async def cuts_while_recovering(story: Story, point: Point) -> int:
    """Cut the power again at every call that a start makes on the files of `point`; return at how many."""
    survivors: list[SimulatedFiles] = []
    files = point.files.power_cut("everything")
    files.before_call = lambda call: survivors.append(files.power_cut("torn", story.entropy))
    await story.open(files).close()
    for survivor in survivors:
        await story.check(point._replace(files=survivor, survival="torn"))
    return len(survivors)


async def explore(story: Story, every: int = 1) -> int:
    """Check every point of a story that was run, and cuts during the recovery of each tenth; return how many were looked at."""
    story.is_recording = False
    count = 0
    for number, point in enumerate(story.points[::every]):
        if number % 10 == 0:
            count += await cuts_while_recovering(story, point)
        await story.check(point)
        count += 1
    return count
