"""Format clauses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'%s is %s'.format(['a', 'b'])", "a is b"),
        ("'%d%%'.format([5])", "5%"),
        ("'%.2f'.format([1.005])", "1.00"),
        ("'%x-%X-%o-%b'.format([255, 255, 8, 5])", "ff-FF-10-101"),
        ("'%s'.format([[1, 2]])", "[1, 2]"),
        ("'%s'.format([{'b': 1, 'a': 2}])", "{a: 2, b: 1}"),
        ("'%e'.format([12.5])", "1.250000e+01"),
        ("'%x'.format(['hi'])", "6869"),
        ("'%s'.format([duration('1s')])", "1s"),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'%s %s'.format(['a'])", "index 1 out of range"),
        ("'%d'.format(['a'])", "decimal clause"),
        ("'%q'.format([1])", "unrecognized formatting clause"),
        ("'%.999f'.format([1.0])", "precision"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)
