"""Moves the fields of a client-side apply to the server-side manager, so that the next apply owns and may remove them."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree


def plan_migration(entries: list[dict[str, Any]], old_manager: str, new_manager: str) -> list[dict[str, Any]]:
    """Return managedFields in which the new manager's Apply entry owns what the old manager's updates owned."""
    moved = [entry for entry in entries if entry.get("manager") == old_manager and entry.get("operation") == "Update"]
    kept = [entry for entry in entries if not (entry.get("manager") == old_manager and entry.get("operation") == "Update")]
    if not moved:
        return kept
    own = next((e for e in kept if e.get("manager") == new_manager and e.get("operation") == "Apply"), None)
    fields: Tree = dict((own or {}).get("fieldsV1") or {})
    for entry in moved:
        fields = _union(fields, entry.get("fieldsV1") or {})
    base = own if own is not None else {**moved[0], "manager": new_manager, "operation": "Apply"}
    rest = [entry for entry in kept if entry is not own]
    return [{**base, "fieldsV1": fields}, *rest]


def _union(left: Tree, right: Tree) -> Tree:
    merged = dict(left)
    for key, value in right.items():
        merged[key] = _union(merged[key], value) if isinstance(value, dict) and isinstance(merged.get(key), dict) else value
    return merged
