"""Defaults of a schema must fit it and have no unknown fields."""

from __future__ import annotations

import orjson

from pilothouse.api.findings import FieldError, invalid
from pilothouse.api.schema.custom import prune
from pilothouse.api.schema.node import Definitions, Schema
from pilothouse.api.schema.structural.invariants import Findings, Raw
from pilothouse.api.schema.values import validate_value


def check_defaults(raw: Raw, path: str) -> Findings:
    """Return what is wrong with the defaults of a schema node and of all below it."""
    out = _default(raw, f"{path}.default") if raw.get("default") is not None else []
    if isinstance(raw.get("items"), dict):
        out += check_defaults(raw["items"], f"{path}.items")
    for name in sorted(raw.get("properties") or {}):
        out += check_defaults(raw["properties"][name], f"{path}.properties[{name}]")
    if isinstance(raw.get("additionalProperties"), dict):
        out += check_defaults(raw["additionalProperties"], f"{path}.additionalProperties")
    return out


def _default(raw: Raw, path: str) -> Findings:
    node = Schema(raw, Definitions({}))
    stated = raw["default"]
    value = orjson.loads(orjson.dumps(stated))
    seen = [False]
    prune(node, value, seen)
    out: Findings = [invalid(path, stated, "must not have unknown fields")] if seen[0] else []
    found = validate_value(node, orjson.loads(orjson.dumps(stated)), "")
    return out + [FieldError(f"{path}{error.path}", error.reason, error.value, error.detail) for error in found]
