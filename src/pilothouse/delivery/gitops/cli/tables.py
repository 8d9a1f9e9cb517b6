"""Printing: aligned columns, colours on a terminal, JSON and YAML."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

_COLORS = {
    "Healthy": 32, "Synced": 32, "Succeeded": 32, "Pruned": 32, "Progressing": 36, "Running": 36, "OutOfSync": 33,
    "Suspended": 35, "Missing": 33, "Degraded": 31, "Failed": 31, "Error": 31, "SyncFailed": 31,
}  # fmt: skip


def is_coloured(stream: TextIO) -> bool:
    """Whether colours are wanted: on a terminal, unless `NO_COLOR` is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def paint(text: str, color: int) -> str:
    """Return text in a colour (SGR number)."""
    return f"\x1b[{color}m{text}\x1b[0m"


def lines(rows: Sequence[Sequence[str]], *, coloured: bool = False) -> list[str]:
    """Return aligned lines of a table whose first row is the head."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [_line(row, widths, coloured=coloured and number > 0) for number, row in enumerate(rows)]


def _line(row: Sequence[str], widths: list[int], *, coloured: bool) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
    if coloured:
        words = [cell.partition(" ")[0] for cell in row]
        cells = [paint(cell, _COLORS[word]) if word in _COLORS else cell for cell, word in zip(cells, words, strict=True)]
    return "  ".join(cells).rstrip()


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    for line in lines(rows, coloured=is_coloured(sys.stdout)):
        print(line)


def print_tree(tree: Any, output: str) -> None:
    """Print an object or a list as `json` or `yaml`."""
    if output == "json":
        print(json.dumps(tree, indent=2))
        return
    import yaml

    sys.stdout.write(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


def as_list(trees: Sequence[Any]) -> dict[str, Any]:
    """Return objects as one List."""
    return {"apiVersion": "v1", "kind": "List", "items": list(trees)}
