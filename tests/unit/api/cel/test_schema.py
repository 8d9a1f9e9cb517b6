"""What expressions see of an object."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.cel import adapter, declare
from pilothouse.api.cel.schema import escape, measure
from pilothouse.api.cel.values import Duration, MapList, SetList, Timestamp


@pytest.mark.parametrize(
    ("name", "escaped"),
    [("a-b", "a__dash__b"), ("namespace", "__namespace__"), ("a__b", "a__underscores__b"), ("x.y/z", "x__dot__y__slash__z"),
     ("in", "__in__"), ("a b", None), ("0a", None)],
)  # fmt: skip
def test_names(name: str, escaped: str | None) -> None:
    assert escape(name) == escaped


def test_fields_without_schema_do_not_exist() -> None:
    raw = {"type": "object", "properties": {"a": {"x-kubernetes-preserve-unknown-fields": True}, "b": {"type": "string"}}}
    found = declare(raw, "t")
    assert found is not None
    assert list(found.fields) == ["b"]
    assert declare({"type": "array"}, "t") is None


def test_a_resource_has_metadata() -> None:
    found = declare({"type": "object"}, "t", is_resource=True)
    assert found is not None
    assert sorted(found.fields["metadata"].type.fields) == ["generateName", "name"]


def test_limits() -> None:
    found = measure(
        {"type": "object", "required": ["s"], "properties": {
            "s": {"type": "string", "maxLength": 3}, "e": {"type": "string", "enum": ["ab"]},
            "l": {"type": "array", "items": {"type": "boolean"}}}},
        "t", is_resource=False,
    )  # fmt: skip
    assert found is not None
    kind, smallest = found
    assert smallest == 2 + 1 + 2 + 4
    assert {name: field.type.size for name, field in kind.fields.items()} == {"s": 12, "e": 2, "l": (3 * 2**20 - 2) // 5}


def test_values() -> None:
    raw: dict[str, Any] = {"type": "object", "properties": {
        "d": {"type": "string", "format": "duration"}, "t": {"type": "array", "items": {"type": "string", "format": "date-time"}},
        "n": {"type": "number"}, "b": {"type": "string", "format": "byte"},
        "s": {"type": "array", "x-kubernetes-list-type": "set"},
        "m": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}, "x": {"type": "string"},
    }}  # fmt: skip
    adapt = adapter(raw)
    assert adapt is not None
    found = adapt({"d": "1s", "t": ["1970-01-01T00:00:01Z"], "n": 1, "b": "YQ==", "s": [1], "m": [{"k": 1}], "x": "y"})
    assert found["d"] == Duration(10**9)
    assert found["t"] == [Timestamp(10**9)]
    assert (type(found["n"]), found["b"]) == (float, b"a")
    assert isinstance(found["s"], SetList)
    assert isinstance(found["m"], MapList)
    assert found["m"].keys == ("k",)


def test_plain_values_stay_as_they_are() -> None:
    assert adapter({"type": "object", "properties": {"a": {"type": "integer"}}}) is None
