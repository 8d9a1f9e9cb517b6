"""Rules inside `allOf`: they apply to the same values as the schema around them, and see them with its types.

A part of an `allOf` says nothing about types; `overlay` gives the schema around it with the rules of the part instead of its own,
so that everything that walks schemas walks parts in the same way. Source: CustomResourceDefinition validation of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Raw = dict[str, Any]
NAME = "x-kubernetes-validations"


def overlay(raw: Raw, part: Raw) -> Raw:
    """Return a schema with the rules of a part of its `allOf`, and no others."""
    out = {key: value for key, value in raw.items() if key not in (NAME, "allOf")}
    for key in (NAME, "allOf"):
        if part.get(key):
            out[key] = part[key]
    stated = part.get("properties") or {}
    if raw.get("properties"):
        out["properties"] = {name: overlay(child, stated.get(name) or {}) for name, child in raw["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(raw.get(key), dict):
            inner = part.get(key)
            out[key] = overlay(raw[key], inner if isinstance(inner, dict) else {})
    return out


def parts_of(raw: Raw) -> Iterator[tuple[int, Raw]]:
    """Return the parts of an `allOf` that have rules, as `overlay` gives them, with their places."""
    for index, part in enumerate(raw.get("allOf") or ()):
        if isinstance(part, dict) and has_rules(part):
            yield index, overlay(raw, part)


def has_rules(raw: Any) -> bool:
    """Whether a schema has rules anywhere."""
    if not isinstance(raw, dict):
        return False
    children = [
        raw.get("items"),
        raw.get("additionalProperties"),
        *(raw.get("properties") or {}).values(),
        *(raw.get("allOf") or ()),
    ]
    return bool(raw.get(NAME)) or any(map(has_rules, children))
