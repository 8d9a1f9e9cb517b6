"""How a sync or a wait comes along: a table that is redrawn on a terminal, else one line for every change."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.resources import HEAD, Key, Row, rows_of

_DONE = ("Healthy", "")


class Progress:
    """What was shown so far."""

    def __init__(self, takes: Callable[[dict[str, Any]], bool] = bool, stream: TextIO | None = None) -> None:
        """Show the resources that `takes` chooses on `stream` (standard output)."""
        self._takes, self._stream = takes, stream or sys.stdout
        self._shown: dict[Key, str] = {}
        self._title, self._drawn = "", 0
        self.is_live = self._stream.isatty()

    def show(self, app: dict[str, Any], *, is_syncing: bool) -> None:
        """Show how an application stands; `is_syncing` when it is the sync of interest that the status tells of."""
        rows, title = rows_of(app, self._takes, is_syncing=is_syncing), _title(app)
        if self.is_live:
            self._draw(rows, title)
        else:
            self._tell(rows, title)

    def _tell(self, rows: list[Row], title: str) -> None:
        for row in rows:
            line = row.line()
            if self._shown.get(row.key) != line:
                self._shown[row.key] = line
                print(line, file=self._stream)
        if title != self._title:
            self._title = title
            print(title, file=self._stream)
        self._stream.flush()

    def _draw(self, rows: list[Row], title: str) -> None:
        width, height = _size(self._stream)
        room = max(3, height - 4)
        if len(rows) > room:
            rows = sorted(rows, key=lambda row: row.health in _DONE)[:room]
        lines = tables.lines([HEAD, *(row.cells() for row in rows)], coloured=False)
        shown = [line[: width - 1] for line in [*lines, title]]
        if tables.is_coloured(self._stream):
            shown[1:-1] = [_painted(line, row) for line, row in zip(shown[1:-1], rows, strict=True)]
        if self._drawn:
            self._stream.write(f"\x1b[{self._drawn}A\x1b[J")
        self._stream.write("\n".join(shown) + "\n")
        self._stream.flush()
        self._drawn = len(shown)


def _painted(line: str, row: Row) -> str:
    color = {"Healthy": 32, "Degraded": 31, "Progressing": 36, "Missing": 33, "Suspended": 35}.get(row.health)
    return tables.paint(line, color) if color else line


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 120, 40
    return size.columns or 120, size.lines or 40


def _title(app: dict[str, Any]) -> str:
    """Return how the whole stands, in one line."""
    status = app.get("status") or {}
    state = status.get("operationState") or {}
    sync, health = (str((status.get(part) or {}).get("status") or "Unknown") for part in ("sync", "health"))
    operation = f"  {state.get('phase')}: {state.get('message') or ''}" if state else ""
    return f"{app['metadata']['name']}: {sync}, {health}{operation}".rstrip(": ")
