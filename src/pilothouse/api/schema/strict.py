"""What strict field validation finds: unknown and duplicate fields, in the order of the document."""

from __future__ import annotations

from typing import Any

from pilothouse.api.schema.node import Schema

_TYPE = ("apiVersion", "kind")


def strict_findings(schema: Schema, tree: Any) -> list[str]:
    """Return messages for `tree`, whose objects are dicts or lists of pairs (duplicates included)."""
    out: list[str] = []
    _walk(schema, tree, "", out, schema.properties.get("metadata"))
    return out


def _pairs(value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list) and type(value) is not list:
        return value
    return None


def _walk(schema: Schema | None, value: Any, path: str, out: list[str], meta: Schema | None) -> None:
    pairs = _pairs(value)
    if pairs is None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                _walk(schema.items if schema else None, item, f"{path}[{index}]", out, meta)
        return
    seen: set[str] = set()
    for key, item in pairs:
        below = f"{path}.{key}" if path else key
        if key in seen:
            out.append(f'duplicate field "{below}"')
            continue
        seen.add(key)
        child = None
        if schema is not None:
            child = _child(schema, key, meta)
            if child is None and is_closed(schema) and not (schema.embedded and key in _TYPE):
                out.append(f'unknown field "{below}"')
                continue
        _walk(child, item, below, out, meta)


def _child(schema: Schema, key: str, meta: Schema | None) -> Schema | None:
    """Return the schema of a field; the metadata of an embedded resource is that of every object."""
    if schema.embedded and key == "metadata":
        return meta
    return schema.properties.get(key) or schema.additional


def is_closed(schema: Schema) -> bool:
    """Whether fields outside `properties` are unknown."""
    if schema.preserve_unknown or schema.additional is not None or schema.raw.get("additionalProperties") is True:
        return False
    return bool(schema.properties) or not schema.name
