"""Operators."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.cel.values import MapList, SetList
from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7u % 4u", 3),
        ("'a' + 'b'", "ab"),
        ("[1] + [2, 3]", [1, 2, 3]),
        ("1.5 * 2.0", 3.0),
        ("2 in [1, 2]", True),
        ("'k' in {'k': 1}", True),
        ("dyn(1) == 1.0", True),
        ("[[1]] == [[1]]", True),
        ("{'a': 1} != {'a': 2}", True),
        ("1 < 1.5", True),
        ("size('äb')", 2),
        ("{'a': {'b': 1}}.a.b", 1),
        ("true ? 1 : 2", 1),
        ("b'ab' < b'b'", True),
        ("timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')", True),
        ("!(1 > 2)", True),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775807 + 1", "integer overflow"),
        ("1u - 2u", "unsigned integer overflow"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("[1][1]", "index out of bounds: 1"),
        ("{'a': 1}['b']", "no such key: b"),
        ("{'a': 1}.b", "no such key: b"),
        ("x + 1", "no such attribute(s): x"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)


def test_lists_that_are_sets_or_maps_add_up_by_their_meaning() -> None:
    entries = MapList([{"k": "a", "v": 1}])
    entries.keys = ("k",)
    assert value("x + x", x=SetList([1, 2])) == [1, 2]
    assert value("x + [{'k': 'a', 'v': 'new'}]", x=entries) == [{"k": "a", "v": "new"}]
