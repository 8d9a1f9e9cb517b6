"""The record of a running instance: who it is and where it listens.

`up` writes it once it is ready, `down` and `status` find the process by pid and start time, so that a reused pid is never
mistaken for it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE_NAME = "instance.json"


def start_ticks(pid: int) -> int:
    """Return the start time of a process in clock ticks since boot, 0 when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return 0 if fields[0] == "Z" else int(fields[19])


def write_record(data_dir: Path, **facts: Any) -> None:
    """Write the record of this process."""
    record = {"pid": os.getpid(), "startTicks": start_ticks(os.getpid()), **facts}
    temporary = data_dir / f".{FILE_NAME}.tmp"
    temporary.write_text(json.dumps(record, indent=2) + "\n")
    temporary.rename(data_dir / FILE_NAME)


def read_record(data_dir: Path) -> dict[str, Any] | None:
    """Return the record of the instance, None when none was written."""
    try:
        record = json.loads((data_dir / FILE_NAME).read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def is_running(record: dict[str, Any]) -> bool:
    """Whether the process of the record is alive."""
    return bool(record.get("startTicks")) and start_ticks(int(record["pid"])) == record["startTicks"]


def remove_record(data_dir: Path) -> None:
    """Remove the record."""
    (data_dir / FILE_NAME).unlink(missing_ok=True)


def remove_own_record(data_dir: Path) -> None:
    """Remove the record if this process wrote it, and leave that of another instance alone."""
    record = read_record(data_dir)
    if record is not None and record.get("pid") == os.getpid():
        remove_record(data_dir)


def is_data_dir(path: Path) -> bool:
    """Whether an instance once kept its things in `path`."""
    return any((path / name).exists() for name in ("pki", "images", "supervisor.lock", FILE_NAME))
