"""Where the recorded cases are, and small helpers every suite uses."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3].parent / "shared" / "corpus" / "charts"
PINNED = Path(__file__).resolve().parent / "pinned"


def rows(name: str) -> list[dict[str, Any]]:
    """Return the cases of one file."""
    with (ROOT / f"{name}.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def file_bytes(value: Any) -> bytes:
    """Return the bytes of a file given as text or base64."""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


def write_tree(root: Path, files: dict[str, Any]) -> None:
    """Write files below `root`."""
    for name, value in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file_bytes(value))


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Run with `folder` as the working folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
