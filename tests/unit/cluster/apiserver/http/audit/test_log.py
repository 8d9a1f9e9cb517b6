"""The file of audit records: written in order, rotated, never in the way of a request."""

import asyncio
import os
from pathlib import Path

import pytest

from pilothouse.cluster.apiserver.http.audit import log
from pilothouse.cluster.apiserver.http.audit.log import AuditLog, LogFile, write_lines
from pilothouse.kit.clock import ManualClock, SystemClock


def test_what_was_added_is_written_in_order_by_the_end(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"

    async def run() -> None:
        audit = AuditLog(LogFile(str(path)), SystemClock())
        audit.start()
        for number in range(1000):
            audit.add(b'{"n":%d}' % number)
        await audit.stop()
        await audit.stop()

    asyncio.run(run())
    assert path.read_text().splitlines() == [f'{{"n":{number}}}' for number in range(1000)]
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    async def run() -> None:
        with pytest.raises(OSError, match="No such file"):
            AuditLog(LogFile(str(tmp_path / "none" / "audit.log")), ManualClock()).start()

    asyncio.run(run())


def test_the_oldest_records_go_when_the_disk_is_too_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_WAITING", 3)

    async def run() -> int:
        audit = AuditLog(LogFile(str(tmp_path / "a.log")), SystemClock())
        for number in range(5):
            audit.add(str(number).encode())
        dropped = audit.dropped
        await audit.stop()
        return dropped

    assert asyncio.run(run()) == 2
    assert (tmp_path / "a.log").read_text() == "2\n3\n4\n"


def test_a_full_file_is_set_aside_and_old_ones_are_removed(tmp_path: Path) -> None:
    path, line = tmp_path / "audit.log", b"x" * (1 << 19)
    for second in range(6):
        write_lines(LogFile(str(path), max_size_mb=1, max_backups=2), [line], 1_700_000_000 + second)
    rotated = sorted(tmp_path.glob("audit-*.log"))
    assert len(rotated) == 2
    assert "2023-11-14T22-13-25" in rotated[-1].name, "named after the time it was set aside"
    assert path.read_bytes() == line + b"\n"
    os.utime(rotated[0], (0, 0))
    log.remove_old(LogFile(str(path), max_age_days=1), 1_700_000_000)
    assert sorted(tmp_path.glob("audit-*.log")) == rotated[1:]


def test_standard_output(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_lines(LogFile("-"), [b"one", b"two"], 0.0)
    assert capfdbinary.readouterr().out == b"one\ntwo\n"
