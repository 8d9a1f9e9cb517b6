"""What the standard of the version allows in a schema."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural.standard import check_standard

_ATOMIC = "must be atomic as item of a list with x-kubernetes-list-type=set"
_UNIQUE = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"


def _under(name: str, child: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: child}}


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (_under("a", {"$ref": "x"}), ["s.properties[a].$ref: Forbidden: $ref is not supported"]),
        (_under("a", {"type": "string", "uniqueItems": True}), [f"s.properties[a].uniqueItems: Forbidden: {_UNIQUE}"]),
        (_under("kind", {"type": "string", "default": "x"}),
         ["s.properties[kind].default: Forbidden: must not be set in top-level kind"]),
        (_under("metadata", {"type": "object", "x-kubernetes-embedded-resource": True}),
         ["s.properties[metadata].x-kubernetes-embedded-resource: Forbidden: must not be used inside of resource meta"]),
        ({**_under("a", {"type": "string"}), "additionalProperties": False},
         ["s.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"]),
        ({"type": "array", "items": [{"type": "string"}]},
         ["s.items: Forbidden: items must be a schema object and not an array"]),
        ({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}},
         [f"s.items.x-kubernetes-map-type: Invalid value: null: {_ATOMIC}"]),
        ({"type": "array", "x-kubernetes-list-type": "bag", "items": {"type": "string"}},
         ['s.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"']),
    ],
)  # fmt: skip
def test_what_is_not_allowed(raw: dict[str, Any], found: list[str]) -> None:
    assert [f"{error.path}: {error.text()}" for error in check_standard(raw, "s")] == found
