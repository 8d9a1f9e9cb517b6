"""Laying a fragment of an object over an object by its schema, as server-side apply merges, but without owners.

Called for mutations that state what an object is to have. Whole units (atomic lists and maps) are refused: who states a part of
one would remove the rest without meaning to. Source: ApplyConfiguration of MutatingAdmissionPolicy.
"""

from __future__ import annotations

from typing import Any

from pilothouse.api.fields.typed import TypedValueError, child_schema, is_atomic_map, list_keys, merge, to_set
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import Invalid

Obj = dict[str, Any]


class FragmentRefused(Invalid):
    """A fragment does not fit the schema, or states a part of a whole unit."""


def merge_fragment(live: Obj, fragment: Obj, schema: Schema | None) -> Obj:
    """Return the object with what the fragment states; raises `FragmentRefused`."""
    undeclared = _undeclared(fragment, schema, "")
    if undeclared:
        raise FragmentRefused(f"failed to convert patch object to typed object: {undeclared[0]}: field not declared in schema")
    try:
        to_set(fragment, schema)
    except TypedValueError as error:
        raise FragmentRefused(f"failed to convert patch object to typed object: {error.message}") from None
    units = _units(fragment, schema, "")
    if units:
        raise FragmentRefused(f"invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {', '.join(units)}")
    try:
        merged: Obj = merge(live, fragment, schema)
    except TypedValueError as error:
        raise FragmentRefused(f"failed to merge patch: {error.message}") from None
    return merged


def _units(value: Any, schema: Schema | None, path: str) -> list[str]:
    """Return the places of whole units, with whatever is below them."""
    if schema is None:
        return []
    if isinstance(value, dict):
        out = [path] if is_atomic_map(schema) else []
        named = schema.properties
        return out + [place for key, item in value.items() if key in named for place in _units(item, named[key], f"{path}.{key}")]
    if isinstance(value, list):
        out = [path] if list_keys(schema) is None else []
        return out + [place for index, item in enumerate(value) for place in _units(item, schema.items, f"{path}[{index}]")]
    return []


def _undeclared(value: Any, schema: Schema | None, path: str) -> list[str]:
    """Return the places of fields that no schema declares."""
    if schema is None:
        return []
    if isinstance(value, list):
        return [place for item in value for place in _undeclared(item, schema.items, path)]
    if not isinstance(value, dict):
        return []
    out: list[str] = []
    for key, item in value.items():
        below = child_schema(schema, key)
        if below is None and schema.properties and not schema.preserve_unknown:
            out.append(f"{path}.{key}")
        out += _undeclared(item, below, f"{path}.{key}")
    return out
