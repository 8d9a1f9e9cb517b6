"""Take over fields that an older helm wrote with updates, so that server-side apply can remove what the chart no longer has.

Called before an object is applied. Without this, fields that helm 3 wrote belong to an update entry for ever, and leaving them
out of an apply does not take them away: the result would not be that of helm's three-way merge.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, metadata

APPLY, UPDATE = "Apply", "Update"


def _union(left: Any, right: Any) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return {key: _union(left.get(key, {}), right.get(key, {})) for key in {**left, **right}}
    return left if isinstance(left, dict) else right


def taken_over(live: Tree, manager: str) -> list[Tree] | None:
    """Return the managed fields with `manager`'s updates turned into its apply, None when there are none."""
    entries: list[Tree] = [entry for entry in metadata(live).get("managedFields") or () if isinstance(entry, dict)]
    updates = [e for e in entries if e.get("manager") == manager and e.get("operation") == UPDATE and not e.get("subresource")]
    if not updates:
        return None
    applied = next((e for e in entries if e.get("manager") == manager and e.get("operation") == APPLY), None)
    fields: Any = (applied or {}).get("fieldsV1") or {}
    for entry in updates:
        if entry.get("apiVersion") == live.get("apiVersion"):
            fields = _union(fields, entry.get("fieldsV1") or {})
    base = applied or updates[0]
    own = {**base, "operation": APPLY, "apiVersion": live.get("apiVersion"), "fieldsV1": fields}
    return [own, *(entry for entry in entries if entry is not applied and entry not in updates)]
