"""Pruning and defaults of custom resources."""

from __future__ import annotations

from typing import Any

from pilothouse.api.schema import Schema
from pilothouse.api.schema.custom import decode_custom, fill_defaults, prune
from pilothouse.api.schema.node import Definitions


def schema(**properties: Any) -> Schema:
    return Schema({"type": "object", "properties": properties}, Definitions({}))


def test_unknown_fields_are_pruned() -> None:
    seen = [False]
    assert prune(schema(a={"type": "string"}), {"a": "x", "b": 1}, seen) == {"a": "x"}
    assert seen == [True]


def test_unknown_fields_stay_where_the_schema_preserves_them() -> None:
    seen = [False]
    open_ = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"c": schema(d={"type": "string"}).raw},
    }
    kept = prune(schema(a=open_), {"a": {"b": 1, "c": {"d": "x", "e": 1}}}, seen)
    assert kept == {"a": {"b": 1, "c": {"d": "x"}}}


def test_defaults_fill_what_is_absent_or_null() -> None:
    value: dict[str, Any] = {"b": None, "c": 5}
    fill_defaults(schema(**{key: {"type": "integer", "default": 1} for key in "abc"}), value)
    assert value == {"a": 1, "b": 1, "c": 5}


def test_a_default_is_copied_for_each_object() -> None:
    made = schema(a={"type": "array", "items": {"type": "string"}, "default": []})
    first: dict[str, Any] = {}
    second: dict[str, Any] = {}
    fill_defaults(made, first)
    first["a"].append("x")
    fill_defaults(made, second)
    assert second == {"a": []}


def test_metadata_is_decoded_and_type_kept() -> None:
    tree = {"apiVersion": "e/v1", "kind": "E", "metadata": {"name": "x"}, "spec": {"a": 1}}
    decoded, dropped = decode_custom(schema(spec={"type": "object"}), tree)
    assert dropped
    assert (decoded["apiVersion"], decoded["kind"], decoded["metadata"]["name"]) == ("e/v1", "E", "x")
    assert decoded["spec"] == {}


def test_metadata_of_embedded_resources_is_pruned_too() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}
    found = schema(v=embedded, metadata={"type": "object", "properties": {"name": {"type": "string"}}})
    out, dropped = decode_custom(found, {"v": {"kind": "x", "z": 1, "metadata": {"name": "x", "no": 1}}})
    assert out["v"] == {"kind": "x", "z": 1, "metadata": {"name": "x"}}
    assert dropped
