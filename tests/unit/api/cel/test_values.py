"""Values and how they compare."""

from __future__ import annotations

import pytest

from pilothouse.api.cel.values import (
    NONE,
    Duration,
    EvalError,
    MapList,
    Optional,
    SetList,
    TypeValue,
    UInt,
    equal,
    int64,
    type_name,
    uint64,
)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, UInt(1), True),
        (1, True, False),
        (1, "1", False),
        (Duration(1), 1, False),
        ([1, {"a": 2}], [1.0, {"a": UInt(2)}], True),
        ({"a": 1}, {"b": 1}, False),
        (SetList([1, 2]), SetList([2, 1]), True),
        (MapList([{"k": 1}, {"k": 2}]), [{"k": 2}, {"k": 1}], True),
        ([1, 2], [2, 1], False),
        (NONE, Optional(1), False),
        (Optional(1), Optional(1.0), True),
        (TypeValue("int"), TypeValue("int"), True),
    ],
)
def test_equality(left: object, right: object, same: bool) -> None:
    assert equal(left, right) is same


def test_integers_have_64_bits() -> None:
    with pytest.raises(EvalError, match="integer overflow"):
        int64(2**63)
    with pytest.raises(EvalError, match="unsigned integer overflow"):
        uint64(-1)


def test_names_of_types() -> None:
    assert [type_name(item) for item in (1, True, UInt(1), None, [], {})] == ["int", "bool", "uint", "null_type", "list", "map"]
