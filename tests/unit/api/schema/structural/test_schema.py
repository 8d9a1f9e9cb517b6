"""Schemas of definitions."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural import check_structural


def find(raw: dict[str, Any]) -> list[str]:
    return [f"{error.path}: {error.text()}" for error in check_structural(raw, "s")]


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}},
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "properties": {"a": {"x-kubernetes-int-or-string": True}}},
    ],
)
def test_good(raw: dict[str, Any]) -> None:
    assert find(raw) == []


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"type": "string"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": "wrong"}}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
        {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
    ],
)
def test_bad(raw: dict[str, Any]) -> None:
    assert find(raw)


def test_a_very_deep_schema_is_refused_not_followed() -> None:
    raw: dict[str, Any] = {"type": "string"}
    for _ in range(5000):
        raw = {"type": "object", "properties": {"a": raw}}
    assert find(raw)


@pytest.mark.parametrize(
    ("items", "keys", "message"),
    [
        ({"type": "object"}, [], "s.properties[l].x-kubernetes-list-map-keys: Required value"),
        ({"type": "string"}, ["k"], "s.properties[l].items.type: Invalid value"),
        ({"type": "object"}, ["k"], "entries must all be names of item properties"),
        ({"type": "object", "properties": {"k": {"type": "string"}}}, ["k"], "items.properties[k].default: Required value"),
        ({"type": "object", "required": ["k"], "properties": {"k": {"type": "object"}}}, ["k"], "must be a scalar type"),
        (
            {"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "nullable": True}}},
            ["k"],
            "items.properties[k].nullable: Forbidden",
        ),
        ({"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}, ["k", "k"], "duplicate entries"),
    ],
)
def test_lists_with_keys(items: dict[str, Any], keys: list[str], message: str) -> None:
    raw = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys}
    assert any(message in text for text in find({"type": "object", "properties": {"l": raw}}))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-map-keys": ["a"]}, "x-kubernetes-list-type: Required"),
        ({"type": "string", "x-kubernetes-map-type": "atomic"}, "must be object if x-kubernetes-map-type is specified"),
        ({"type": "string", "x-kubernetes-preserve-unknown-fields": False}, "must be true or undefined"),
        ({"type": "null"}, "type cannot be set to null"),
        ({"type": "integer", "x-kubernetes-validations": [{"rule": "self > 'a'"}]}, "compilation failed: ERROR: <input>:1:6"),
    ],
)
def test_bad_fields(raw: dict[str, Any], message: str) -> None:
    assert any(message in text for text in find({"type": "object", "properties": {"f": raw}}))
