"""Server-side apply and the tracking of other writes.

`apply` lays a manager's configuration over the live object, removes what the manager stated before and no longer does, and
moves ownership; `track_update` records what a create, update or patch changed. Both work on dicts whose
`metadata.managedFields` is read and written; the caller defaults, validates and stores the result.
"""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.fields.managers import (
    BEFORE_FIRST_APPLY,
    Managed,
    ManagerKey,
    Managers,
    cap_updates,
    decode,
    encode,
    manager_key,
)
from pilothouse.api.fields.sets import FieldSet, path_text
from pilothouse.api.fields.typed import merge, remove, to_set, with_named_fields
from pilothouse.api.patch.versions import Change, Views
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import Conflict

_SERVER_OWNED = FieldSet.from_fields(
    {
        "f:apiVersion": {},
        "f:kind": {},
        "f:metadata": {
            ".": {},
            **{
                f"f:{name}": {}
                for name in (
                    "clusterName",
                    "creationTimestamp",
                    "generation",
                    "managedFields",
                    "name",
                    "namespace",
                    "resourceVersion",
                    "selfLink",
                    "uid",
                )
            },
        },
    }
)


class ConflictCause(msgspec.Struct, frozen=True):
    """One field somebody else owns."""

    manager: str
    """Who owns it, as shown: `"m1"` or `"kubectl" using apps/v1`."""
    field: str


class ApplyConflict(Conflict):
    """An apply would change fields that other managers own."""

    def __init__(self, causes: list[ConflictCause]) -> None:
        """Describe the conflicts the way kubectl expects them."""
        self.causes = causes
        if len(causes) == 1:
            text = f"Apply failed with 1 conflict: conflict with {causes[0].manager}: {causes[0].field}"
        else:
            grouped: dict[str, list[str]] = {}
            for cause in causes:
                grouped.setdefault(cause.manager, []).append(cause.field)
            lines = [
                f"conflicts with {manager}:\n" + "\n".join(f"- {field}" for field in grouped[manager]) for manager in grouped
            ]
            text = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
        super().__init__(text, fix="take the fields over with force, or leave them out")


def apply(
    live: dict[str, Any] | None,
    applied: dict[str, Any],
    *,
    manager: str,
    force: bool,
    now: str,
    schema: Schema | None,
    api_version: str,
    subresource: str = "",
    reset: FieldSet | None = None,
    views: Views | None = None,
) -> dict[str, Any]:
    """Return the object after `manager` applied its configuration.

    `now` is an RFC 3339 time, `reset` the fields this endpoint ignores (status of the main resource and the reverse), `views` how
    versions with other fields see the object. What a manager stated in such a version stays when it says no more of it. Raises
    `ApplyConflict` unless `force`, and `TypedValueError` when the configuration does not fit the schema.
    """
    live_body = {} if live is None else _without_managed(live)
    managers = decode((live or {}).get("metadata", {}).get("managedFields"))
    if live is not None and not managers:
        managers = _adopt(live_body, schema, api_version)
    key = manager_key(manager, "Apply", subresource, api_version)
    stated = _strip(to_set(applied, schema), reset)
    last = managers.get(key)
    merged = merge(live_body, _without_managed(applied), schema)
    managers[key] = Managed(stated, api_version, last.time if last else "")
    if last is not None and last.fields and not _differs(last.api_version, api_version, views):
        merged = _prune(merged, managers, last.fields, schema)
    change = Change(live_body, merged, schema, api_version, views, lambda fields: _strip(fields, reset))
    _settle(managers, key, change, force)
    if not change.is_empty:
        managers[key].time = now
    managers = {name: owned for name, owned in managers.items() if not owned.is_empty}
    return _with_managed(merged, encode(managers))


def track_update(
    live: dict[str, Any] | None,
    new: dict[str, Any],
    *,
    manager: str,
    operation: str = "Update",
    now: str,
    schema: Schema | None,
    api_version: str,
    subresource: str = "",
    reset: FieldSet | None = None,
    views: Views | None = None,
) -> list[dict[str, Any]]:
    """Return the managedFields of `new`, written by `manager` over `live` by anything but apply."""
    managers = _decode_live_or_new(live, new, is_subresource=bool(subresource))
    old = {} if live is None else _without_managed(live)
    change = Change(old, _without_managed(new), schema, api_version, views, lambda fields: _strip(fields, reset))
    key = manager_key(manager, operation, subresource, api_version)
    for other in list(managers):
        owned = managers[other]
        taken, removed = change.at(owned.api_version)
        kept = owned.fields.difference(_strip(removed, reset))
        managers[other] = Managed(kept if other == key else kept.difference(taken), owned.api_version, owned.time)
    taken, _ = change.at(api_version)
    if taken:
        previous = managers.get(key)
        managers[key] = Managed(previous.fields.union(taken) if previous else taken, api_version, now)
    return encode(
        cap_updates({name: owned for name, owned in managers.items() if not owned.is_empty or name.operation == "Apply"})
    )


def _decode_live_or_new(live: dict[str, Any] | None, new: dict[str, Any], *, is_subresource: bool) -> Managers:
    """Managers as the writer sent them; the live ones when it sent none or nonsense, none when it sent an empty list."""
    current = (live or {}).get("metadata", {}).get("managedFields")
    sent = new.get("metadata", {}).get("managedFields")
    if is_subresource or sent is None:
        return decode(current)
    if sent in ([], [{}]):
        return {}
    try:
        return decode(sent) or decode(current)
    except (ValueError, AttributeError, TypeError):
        return decode(current)


def _adopt(live: dict[str, Any], schema: Schema | None, api_version: str) -> Managers:
    """Give an object nobody is recorded for to a manager of its own, so that applying to it shows conflicts."""
    fields = _strip(to_set(live, schema), None)
    return {ManagerKey(BEFORE_FIRST_APPLY, "Update", "", api_version): Managed(fields, api_version)} if fields else {}


def _strip(fields: FieldSet, reset: FieldSet | None) -> FieldSet:
    fields = fields.difference(_SERVER_OWNED)
    return fields if reset is None else fields.without(reset)


def _prune(merged: Any, managers: Managers, last: FieldSet, schema: Schema | None) -> Any:
    """Remove what the manager stated last time and nobody owns now; what it never stated stays, whoever put it there."""
    last_named = with_named_fields(last, schema)
    pruned = remove(merged, last_named, schema) or {}
    owned = FieldSet()
    for managed in managers.values():
        owned = owned.union(managed.fields)
    all_named = with_named_fields(to_set(merged, schema), schema)
    kept = with_named_fields(to_set(pruned, schema), schema).union(with_named_fields(owned, schema))
    pruned = remove(merged, all_named.difference(kept), schema) or {}
    kept = with_named_fields(to_set(pruned, schema), schema)
    return remove(merged, all_named.difference(kept).intersection(last), schema) or {}


def _differs(version: str, api_version: str, views: Views | None) -> bool:
    return version != api_version and views is not None and views(version) is not None


def _settle(managers: Managers, key: ManagerKey, change: Change, force: bool) -> None:
    """Report conflicts, or take changed fields from the others; drop removed fields everywhere."""
    causes: list[ConflictCause] = []
    for other in sorted(managers):
        if other == key:
            continue
        managed = managers[other]
        changed, removed = change.at(managed.api_version)
        lost = managed.fields.intersection(changed)
        causes += [ConflictCause(_shown(other), path_text(path)) for path in lost.paths()]
        managers[other] = Managed(managed.fields.difference(lost).difference(removed), managed.api_version, managed.time)
    if causes and not force:
        raise ApplyConflict(causes)
    for other in [name for name, managed in managers.items() if managed.is_empty and name != key]:
        del managers[other]


def _shown(key: ManagerKey) -> str:
    text = f'"{key.manager}"'
    if key.subresource:
        text += f' with subresource "{key.subresource}"'
    if key.operation == "Update":
        text += f" using {key.api_version}"
    return text


def _without_managed(document: dict[str, Any]) -> dict[str, Any]:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return document
    return {**document, "metadata": {name: value for name, value in metadata.items() if name != "managedFields"}}


def _with_managed(document: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {**document, "metadata": {**(document.get("metadata") or {}), "managedFields": entries}}
