"""The engines the stories are told on, each with a way to lose its process or its power."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.encryption.config import read_rules
from pilothouse.store.encryption.engine import EncryptedStore
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.store.memory import MemoryStore
from pilothouse.store.revisions import Compacted, Event, Mismatch, Store, StoreStopped, Watch
from pilothouse.testing.disks import SimulatedFiles, Survival
from pilothouse.testing.history import Commit, WatchRecord
from pilothouse.testing.history.watches import Seen
from tests.score.figures import note
from tests.unit.store.etcd.server import EtcdServer, needs_etcd
from tests.unit.store.log.powercuts import ENCRYPTION

PREFIX = "/registry/core/k/"
CONFIG = LogConfig(keep_events=20_000, snapshot_every=1_000)
TIMEOUT_S = 40


class Rig:
    """One engine and what it keeps its data on."""

    def __init__(self, name: str, folder: Path, bug: str) -> None:
        self.name, self.bug = name, bug
        self.files = SimulatedFiles()
        self.server = EtcdServer(folder / "etcd")
        self.rules = read_rules(ENCRYPTION, Entropy(1).token_bytes) if name == "encrypted" else None

    def start(self) -> None:
        if self.name == "etcd":
            self.server.start()

    async def open(self) -> Store:
        """Open a store on the data."""
        if self.name == "memory":
            return MemoryStore()
        if self.name == "etcd":
            return await self.server.open_store("/registry/")
        store = LogStore(Disk(self.files), CONFIG, SystemClock(), Faults())
        return EncryptedStore(store, self.rules) if self.rules is not None else store

    async def crash(self, survival: Survival = "synced") -> Store:
        """Lose the power, or the process of etcd, and open what is left."""
        if self.name == "etcd":
            self.server.stop()
            self.server.start()
            return await self._reached()
        self.files = self.files.power_cut(survival, Entropy(7))
        return await self.open()

    async def _reached(self) -> Store:
        while True:
            try:
                return await self.open()
            except StoreStopped:
                await asyncio.sleep(0.05)

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Tell a story on a loop of its own."""
        self.start()

        async def told() -> None:
            async with asyncio.timeout(TIMEOUT_S):
                await story()

        try:
            asyncio.run(told())
        finally:
            self.server.stop()
        note(f"etcd_bug_{self.bug}", 1)


ETCD = pytest.param("etcd", marks=needs_etcd)
ALL = ("memory", "log", "encrypted", ETCD)
DURABLE = ("log", "encrypted", ETCD)


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """Return the engine named by the parameter."""
    _, _, bug, *_ = request.node.name.split("_")
    yield Rig(request.param, tmp_path, bug)


def on(*engines: Any) -> pytest.MarkDecorator:
    """Tell a story on these engines."""
    return pytest.mark.parametrize("rig", engines, indirect=True)


class Writes:
    """Makes writes and remembers the acknowledged ones by revision."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acknowledged: dict[int, tuple[str, bytes | None]] = {}

    async def put(self, name: str, value: bytes | None, expected: int | None = None) -> int:
        revision = await self.store.txn(PREFIX + name, expected, value)
        self.acknowledged[revision] = PREFIX + name, value
        return revision

    @property
    def log(self) -> list[Commit]:
        """The commits, in order."""
        return [Commit(revision, key, value) for revision, (key, value) in sorted(self.acknowledged.items())]


async def follow(watch: Watch, record: WatchRecord, until: int) -> list[Event]:
    """Read a watch up to a revision, and forget what came behind it; `Compacted` is raised."""
    events: list[Event] = []
    try:
        async for batch in watch:
            taken = [event for event in batch if event.revision <= until]
            events += taken
            record.events(*(Seen(event.revision, event.key, event.value) for event in taken))
            if batch[-1].revision >= until:
                break
    finally:
        watch.close()
    return events


async def watched(store: Store, after: int, until: int) -> WatchRecord | None:
    """Return what a new watch is told between two revisions; None when the history is gone."""
    record = WatchRecord()
    record.opened(after)
    try:
        await follow(store.watch(PREFIX, after), record, until)
    except Compacted:
        return None
    return record


async def attempt(work: Awaitable[int]) -> int:
    """Return the revision of a write, 0 when it was refused or lost."""
    try:
        return await work
    except (Mismatch, StoreStopped):
        return 0
