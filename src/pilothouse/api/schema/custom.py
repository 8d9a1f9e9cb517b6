"""Objects of custom resources: pruning, defaulting and metadata coercion by a structural schema.

Unlike built-in kinds, values keep their JSON form: only fields the schema does not know are dropped, defaults are filled in, and
metadata follows the ObjectMeta schema.
"""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.schema.decode import decode
from pilothouse.api.schema.node import Schema
from pilothouse.kit.errors import BadRequest

_TYPE_META = ("kind", "apiVersion", "metadata")


def decode_custom(schema: Schema, tree: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return (pruned and defaulted object, whether fields were dropped)."""

    seen = [False]
    out = _prune_root(schema, tree, seen)
    meta = schema.properties.get("metadata")
    raw = tree.get("metadata")
    if raw is not None and not isinstance(raw, dict):
        raise BadRequest("metadata of a custom resource must be an object")
    if meta is not None:
        metadata, dropped = decode(meta, raw or {})
        out["metadata"] = metadata
        seen[0] = seen[0] or dropped
    default_custom(schema, out)
    return out, seen[0]


def _prune_root(schema: Schema, tree: dict[str, Any], seen: list[bool]) -> dict[str, Any]:
    kept = {key: tree[key] for key in _TYPE_META if key in tree}
    rest = {key: value for key, value in tree.items() if key not in _TYPE_META}
    pruned = prune(schema, rest, seen, schema.properties.get("metadata"))
    return {**kept, **pruned}


def prune_custom(schema: Schema, tree: dict[str, Any]) -> dict[str, Any]:
    """Return a stored object without the fields that the schema of the version does not have; metadata stays."""
    return _prune_root(schema, tree, [False])


def prune(schema: Schema, value: Any, seen: list[bool], meta: Schema | None = None) -> Any:
    """Return `value` without fields the schema does not know; sets `seen[0]` when some were dropped.

    `meta` is the schema of the metadata of embedded resources, which they have without stating it.
    """
    if isinstance(value, dict):
        return _prune_object(schema, value, seen, meta)
    if isinstance(value, list) and schema.items is not None:
        return [prune(schema.items, item, seen, meta) for item in value]
    return value


def _prune_object(schema: Schema, value: dict[str, Any], seen: list[bool], meta: Schema | None) -> dict[str, Any]:
    keep_all = schema.preserve_unknown or schema.raw.get("additionalProperties") is True
    properties, additional = schema.properties, schema.additional
    out: dict[str, Any] = {}
    for key, item in value.items():
        child = properties.get(key) or additional
        if schema.embedded and key == "metadata" and meta is not None and isinstance(item, dict):
            out[key], dropped = decode(meta, item)
            seen[0] = seen[0] or dropped
        elif child is not None:
            out[key] = prune(child, item, seen, meta)
        elif keep_all or (schema.embedded and key in _TYPE_META):
            out[key] = item
        else:
            seen[0] = True
    return out


def default_custom(schema: Schema, tree: dict[str, Any]) -> None:
    """Fill in the defaults of the schema, in place."""
    fill_defaults(schema, tree)


def fill_defaults(schema: Schema, value: Any) -> None:
    """Fill in defaults below `value`, in place; null for a field that is not nullable counts as absent."""
    if isinstance(value, dict):
        for key, child in schema.properties.items():
            _fill_field(value, key, child)
        if schema.additional is not None:
            for key, item in value.items():
                if key not in schema.properties:
                    fill_defaults(schema.additional, item)
    elif isinstance(value, list) and schema.items is not None:
        for item in value:
            fill_defaults(schema.items, item)


def _fill_field(value: dict[str, Any], key: str, child: Schema) -> None:
    if key in value and value[key] is None and not child.nullable and child.raw:
        del value[key]
    if key not in value and child.has_default:
        value[key] = orjson.loads(orjson.dumps(child.default))
    found = value.get(key)
    if found is None:
        return
    if isinstance(found, float) and child.type == "integer" and found.is_integer():
        value[key] = int(found)
    fill_defaults(child, found)
