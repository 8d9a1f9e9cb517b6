"""Where tests leave what they counted: a file of JSON lines that `python -m tests.score` names, nowhere otherwise."""

from __future__ import annotations

import json
import os
from pathlib import Path

VARIABLE = "PILOTHOUSE_SCORE_FILE"


def note(name: str, value: float | str) -> None:
    """Leave a figure; numbers of one name are added up, words replace each other."""
    if path := os.environ.get(VARIABLE):
        with Path(path).open("a") as file:
            file.write(json.dumps({"name": name, "value": value}) + "\n")


def note_rate(name: str, passed: int, total: int) -> None:
    """Leave how many cases of a suite passed; several calls for one name are added up."""
    note(f"{name}_passed", passed)
    note(f"{name}_total", total)


def read(path: Path) -> dict[str, float | str]:
    """Return the figures of a file."""
    figures: dict[str, float | str] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        name, value = json.loads(line).values()
        before = figures.get(name)
        figures[name] = before + value if isinstance(before, int | float) and isinstance(value, int | float) else value
    return figures
