"""Lists, sets, optional values."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2, 3].isSorted() && !['b', 'a'].isSorted()", True),
        ("[1, 2].sum() + [3].max() + [4, 1].min()", 7),
        ("[1.5].sum()", 1.5),
        ("[duration('1s'), duration('2s')].sum() == duration('3s')", True),
        ("[1, 2, 1].lastIndexOf(1)", 2),
        ("['a'].indexOf('b')", -1),
        ("sets.contains([1, 2], [2]) && !sets.contains([1], [2])", True),
        ("sets.equivalent([1, 1, 2], [2, 1])", True),
        ("sets.intersects([1], [2, 1])", True),
        ("optional.of(1).value() + optional.none().orValue(2)", 3),
        ("optional.none().or(optional.of(1)).hasValue()", True),
        ("optional.ofNonZeroValue('').hasValue()", False),
        ("{'a': {'b': 1}}.?a.?b.orValue(0) + {'a': {'b': 1}}.?c.?b.orValue(5)", 6),
        ("[1][?4].hasValue()", False),
        ("[1, ?optional.none(), ?optional.of(3)]", [1, 3]),
        ("{'a': 1, ?'b': optional.none()}", {"a": 1}),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1].filter(i, false).min()", "min called on empty list"),
        ("optional.none().value()", "optional.none() dereference"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)
