"""Printing: tables as the server renders them, JSON, YAML, names."""

from __future__ import annotations

import json
import sys
from typing import Any

from pilothouse.kit.errors import BadRequest

FORMATS = ("json", "yaml", "wide", "name")


def check_format(text: str | None) -> str:
    """Return the output format; raises `BadRequest` for one that is not there."""
    chosen = text or ""
    if chosen and chosen not in FORMATS:
        raise BadRequest(f"unknown output format {chosen!r}", fix=f"one of: {', '.join(FORMATS)}")
    return chosen


def print_tree(tree: Any, output: str) -> None:
    """Print an object or list as JSON or YAML."""
    if output == "json":
        sys.stdout.write(json.dumps(tree, indent=4) + "\n")
        return
    import yaml

    sys.stdout.write(yaml.safe_dump(tree, sort_keys=True, default_flow_style=False, allow_unicode=True))


def table_rows(table: dict[str, Any], *, wide: bool, with_namespace: bool, with_labels: bool = False) -> list[list[str]]:
    """Return the header and rows of a server-side table."""
    columns = [(i, c) for i, c in enumerate(table["columnDefinitions"]) if wide or not c.get("priority")]
    header = (
        (["NAMESPACE"] if with_namespace else []) + [c["name"].upper() for _, c in columns] + (["LABELS"] if with_labels else [])
    )
    rows = [header]
    for row in table.get("rows") or ():
        meta = (row.get("object") or {}).get("metadata") or {}
        cells = [str(meta.get("namespace", ""))] if with_namespace else []
        cells += [_cell(row["cells"][i]) for i, _ in columns]
        if with_labels:
            labels = meta.get("labels") or {}
            cells.append(",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "<none>")
        rows.append(cells)
    return rows


def _cell(value: Any) -> str:
    if value is None:
        return "<none>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def print_rows(rows: list[list[str]], widths: list[int] | None = None) -> list[int]:
    """Print aligned columns and return their widths, for further rows of the same table."""
    if not rows:
        return widths or []
    found = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    if widths:
        found = [max(a, b) for a, b in zip(found, widths, strict=True)]
    for row in rows:
        line = "   ".join(cell.ljust(width) for cell, width in zip(row, found, strict=True))
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()
    return found
