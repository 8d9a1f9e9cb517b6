"""Reading and writing `metadata.managedFields`.

An entry is identified by manager, operation and subresource, for updates also by API version. Updates by many managers are
capped: the oldest ones are merged under `ancient-changes`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.fields.sets import FieldSet

MAX_UPDATE_MANAGERS = 10
ANCIENT = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"


class ManagerKey(msgspec.Struct, frozen=True, order=True):
    """Identity of an entry. `api_version` is empty for appliers."""

    manager: str
    operation: str
    subresource: str = ""
    api_version: str = ""


class Managed(msgspec.Struct):
    """What one manager owns."""

    fields: FieldSet
    api_version: str
    time: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is owned."""
        return not self.fields


Managers = dict[ManagerKey, Managed]


def manager_key(manager: str, operation: str, subresource: str, api_version: str) -> ManagerKey:
    """Return the identity of an entry."""
    return ManagerKey(manager, operation, subresource, "" if operation == "Apply" else api_version)


def decode(entries: list[dict[str, Any]] | None) -> Managers:
    """Read managedFields; raises ValueError when an entry is malformed."""
    managers: Managers = {}
    for entry in entries or ():
        operation = entry.get("operation", "")
        if operation not in {"Apply", "Update"}:
            raise ValueError(f"operation of a managedFields entry must be Apply or Update, got {operation!r}")
        if entry.get("fieldsType", "FieldsV1") != "FieldsV1":
            raise ValueError("fieldsType of a managedFields entry must be FieldsV1")
        version = entry.get("apiVersion", "")
        key = manager_key(entry.get("manager", ""), operation, entry.get("subresource", ""), version)
        managers[key] = Managed(FieldSet.from_fields(entry.get("fieldsV1") or {}), version, entry.get("time") or "")
    return managers


def encode(managers: Managers) -> list[dict[str, Any]]:
    """Return managedFields: appliers first, then by time and name."""
    entries: list[dict[str, Any]] = []
    for key, managed in sorted(managers.items(), key=lambda item: (item[0].operation, item[1].time, item[0])):
        entry: dict[str, Any] = {"manager": key.manager, "operation": key.operation, "apiVersion": managed.api_version}
        if managed.time:
            entry["time"] = managed.time
        entry["fieldsType"] = "FieldsV1"
        entry["fieldsV1"] = managed.fields.to_fields()
        if key.subresource:
            entry["subresource"] = key.subresource
        if not key.manager:
            del entry["manager"]
        entries.append(entry)
    return entries


def without_scale_times(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return managedFields as they are kept after a write of a scale: nobody notes when a scale was set, and that orders them."""
    managers = decode(entries)
    for key, managed in managers.items():
        if key.subresource == "scale":
            managed.time = ""
    return encode(managers)


def cap_updates(managers: Managers) -> Managers:
    """Merge the oldest update managers of each version when there are more than ten."""
    updates = [key for key in managers if key.operation == "Update"]
    if len(updates) <= MAX_UPDATE_MANAGERS:
        return managers
    result = dict(managers)
    oldest_first = sorted(updates, key=lambda key: (managers[key].time, key))
    remaining = len(updates)
    buckets: dict[str, ManagerKey] = {}
    for key in oldest_first:
        if remaining <= MAX_UPDATE_MANAGERS:
            break
        version = managers[key].api_version
        bucket = buckets.get(version)
        if bucket is None:
            buckets[version] = key
            continue
        first = result.pop(bucket)
        merged = Managed(first.fields.union(result.pop(key).fields), version, managers[key].time)
        buckets[version] = ManagerKey(ANCIENT, "Update", "", version)
        result[buckets[version]] = merged
        remaining -= 1
    return result
