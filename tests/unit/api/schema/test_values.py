"""Values against the schema of a custom resource."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema import Schema
from pilothouse.api.schema.node import Definitions
from pilothouse.api.schema.values import validate_object, validate_value


def check(raw: dict[str, Any], value: Any) -> list[str]:
    return [f"{error.path}: {error.text()}" for error in validate_value(Schema(raw, Definitions({})), value, "spec")]


@pytest.mark.parametrize(
    ("raw", "good", "bad", "message"),
    [
        ({"type": "integer"}, 1, "x", 'spec: Invalid value: "string": spec in body must be of type integer: "string"'),
        ({"type": "integer", "minimum": 2}, 2, 1, "spec: Invalid value: 1: spec in body should be greater than or equal to 2"),
        ({"type": "integer", "maximum": 2}, 2, 3, "spec: Invalid value: 3: spec in body should be less than or equal to 2"),
        ({"type": "string", "maxLength": 2}, "ab", "abc", "spec: Too long: may not be more than 2 bytes"),
        ({"type": "string", "pattern": "^a+$"}, "aa", "b", "spec: Invalid value: \"b\": spec in body should match '^a+$'"),
        ({"type": "string", "enum": ["a", "b"]}, "a", "c", 'spec: Unsupported value: "c": supported values: "a", "b"'),
        ({"type": "object", "required": ["a"]}, {"a": 1}, {}, "spec.a: Required value"),
    ],
)
def test_rules(raw: dict[str, Any], good: Any, bad: Any, message: str) -> None:
    assert check(raw, good) == []
    assert check(raw, bad) == [message]


def test_a_hostile_pattern_does_not_hang() -> None:
    assert check({"type": "string", "pattern": "^(a+)+$"}, "a" * 5000 + "b")


@pytest.mark.parametrize("value", [1, "1"])
def test_int_or_string_takes_both(value: Any) -> None:
    assert check({"x-kubernetes-int-or-string": True}, value) == []


def test_items_of_maps_and_sets_are_unique() -> None:
    assert check({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}, ["a", "b", "a"])
    keyed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object"}}
    assert check(keyed, [{"k": "a"}, {"k": "a"}])
    assert not check(keyed, [{"k": "a"}, {"k": "b"}])


def test_what_did_not_change_is_not_refused_again() -> None:
    spec = {"type": "object", "properties": {"a": {"type": "integer", "maximum": 1}, "b": {"type": "integer"}}}
    schema = Schema({"type": "object", "properties": {"spec": spec}}, Definitions({}))
    old = {"spec": {"a": 5, "b": 1}}
    assert validate_object(schema, old)
    assert not validate_object(schema, {"spec": {"a": 5, "b": 2}}, old)
    assert validate_object(schema, {"spec": {"a": 6, "b": 1}}, old)


def test_entries_of_keyed_lists_that_did_not_change_are_tolerated() -> None:
    items = {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer", "maximum": 3}}}
    raw = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    schema = Schema({"type": "object", "properties": {"l": raw}}, Definitions({}))
    old = {"l": [{"k": "a", "v": 9}, {"k": "b", "v": 1}]}
    assert validate_object(schema, {"l": [{"k": "c", "v": 1}, {"k": "a", "v": 9}]}, old) == []
    assert [error.path for error in validate_object(schema, {"l": [{"k": "a", "v": 8}]}, old)] == ["l[0].v"]


@pytest.mark.parametrize(
    ("raw", "value", "text"),
    [
        ({"type": "number", "minimum": 0.5}, 0.25, "v in body should be greater than or equal to 0.5"),
        ({"type": "integer", "maximum": 5000000}, 6000000, "v in body should be less than or equal to 5000000"),
        ({"type": "number", "maximum": 5000000.5}, 6000000.5, "v in body should be less than or equal to 5.0000005e+06"),
        ({"type": "number", "maximum": 1.5}, 2, "v in body should be less than or equal to 1"),
        ({"type": "number", "multipleOf": 0.5}, 0.7, "v in body should be a multiple of 0.5"),
    ],
)
def test_limits_are_shown_as_go_prints_them(raw: dict[str, Any], value: float, text: str) -> None:
    (error,) = validate_value(Schema(raw, Definitions({})), value, "v")
    assert error.detail == text


def test_the_alternative_that_says_most_is_explained() -> None:
    little = {"required": ["x"]}
    much = {"properties": {"a": {"minLength": 5}, "b": {"minLength": 5}}}
    raw = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "anyOf": [little, much]}
    found = validate_value(Schema(raw, Definitions({})), {"a": "1", "b": "2"}, "v")
    assert [error.path for error in found] == ["<nil>", "v.a", "v.b"]
