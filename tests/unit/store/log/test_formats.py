"""What an older Pilothouse wrote is read, and what this one writes an equal one can read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pilothouse.kit.clock import Entropy, ManualClock
from pilothouse.kit.faults import Faults
from pilothouse.store.encryption.config import read_rules
from pilothouse.store.encryption.engine import EncryptedStore
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.store.log.lock import UnknownFormat
from pilothouse.store.revisions import Event
from pilothouse.testing.disks import SimulatedFiles
from tests.unit.store.log.format1 import FILES, WRITTEN_AT
from tests.unit.store.log.powercuts import ENCRYPTION

MAPS = "/registry/core/configmaps/ns/"
SECOND_SEGMENT = "log-00000000000000000005"


def files_of(*left_out: str) -> SimulatedFiles:
    files = SimulatedFiles()
    for name, content in FILES.items():
        if name not in left_out:
            files.write(files.open(name, is_new=True), bytes.fromhex(content))
    return files.power_cut("everything")


def opened(files: SimulatedFiles, clock: ManualClock | None = None, config: LogConfig | None = None) -> EncryptedStore:
    store = LogStore(Disk(files), config or LogConfig(snapshot_every=4), clock or ManualClock(WRITTEN_AT), Faults())
    return EncryptedStore(store, read_rules(ENCRYPTION, Entropy(2).token_bytes))


@pytest.mark.parametrize("left_out", [(), ("log-00000000000000000001",), ("snapshot-00000000000000000004",)])
def test_version_1_is_read(left_out: tuple[str, ...]) -> None:
    async def main() -> None:
        files = files_of(*left_out)
        store = opened(files)
        found = {entry.key: (entry.value, entry.revision, entry.create_revision) for entry in (await store.range("/")).entries}
        assert found == {
            f"{MAPS}a": (b"two", 5, 1), f"{MAPS}b": (b"", 7, 7),
            "/registry/core/events/ns/e": (b"event", 4, 4), "/registry/core/k/ns/secret": (b"sealed", 3, 3),
        }  # fmt: skip
        history: list[Event] = await anext(aiter(store.watch("/registry/", 4)))
        assert [(event.revision, event.value, event.previous) for event in history] == [
            (5, b"two", b"one"), (6, None, b"\x00\xff"), (7, b"", None),
        ]  # fmt: skip
        assert await store.txn(f"{MAPS}b", 7, b"on") == 8
        await store.snapshot()
        await store.close()
        again = opened(files.power_cut("synced"))
        assert again.revision == 8
        await again.close()

    asyncio.run(main())


def test_what_was_to_expire_expires() -> None:
    async def main() -> None:
        clock = ManualClock(WRITTEN_AT + 3590)
        store = opened(files_of(), clock)
        for _ in range(20):
            await clock.advance(1)
            await asyncio.sleep(0.002)
        assert await store.get("/registry/core/events/ns/e") is None
        assert store.revision == 8
        await store.close()

    asyncio.run(main())


def test_a_torn_end_of_version_1_is_cut() -> None:
    async def main() -> None:
        files = files_of()
        files.resize(files.open(SECOND_SEGMENT, is_new=False), len(files.read(SECOND_SEGMENT)) - 5)
        store = opened(files)
        assert store.revision == 6
        await store.close()

    asyncio.run(main())


def test_version_1_is_what_is_written() -> None:
    """Fails when the format changes: then count `FORMAT_VERSION` up, and keep reading what is in `format1`."""

    async def main() -> None:
        files = SimulatedFiles()
        plain = read_rules({**ENCRYPTION, "resources": []}, Entropy(2).token_bytes)
        store = EncryptedStore(LogStore(Disk(files), LogConfig(snapshot_every=4), ManualClock(WRITTEN_AT), Faults()), plain)
        await store.txn(f"{MAPS}a", 0, b"one")
        await store.txn(f"{MAPS}\u00fc", 0, b"\x00\xff")
        await store.close()
        first = files.read("log-00000000000000000001").hex()
        assert FILES["log-00000000000000000001"].startswith(first)
        assert len(first) == 2 * (8 + 8 + 0x3B + 8 + 0x3B)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "complaint"), [('{"version": 99}', "format 99"), ("{", "cannot be read"), ("[]", "cannot be read")]
)
def test_a_format_of_another_version_is_refused_in_words(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "FORMAT").write_text(text)
    for _ in range(2):
        with pytest.raises(UnknownFormat, match=complaint):
            asyncio.run(LogStore.open(tmp_path))


def test_a_marker_that_a_power_cut_left_empty_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "FORMAT").touch()

    async def main() -> None:
        await (await LogStore.open(tmp_path)).close()

    asyncio.run(main())
    assert (tmp_path / "FORMAT").read_text() == '{"version":1}'
