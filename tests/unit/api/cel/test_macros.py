"""Calls that are more than functions."""

from __future__ import annotations

import pytest

from tests.unit.api.cel.run import refused, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has({'a': 1}.a) && !has({'a': 1}.b)", True),
        ("cel.bind(a, 2, a * a)", 4),
        ("optional.of(2).optMap(v, v + 1).value()", 3),
        ("optional.none().optMap(v, v + 1).hasValue()", False),
        ("optional.of(2).optFlatMap(v, optional.of(v)).value()", 2),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("has(n)", "invalid argument to has() macro"),
        ("[1].all(n.a, true)", "argument must be a simple name"),
        ("[1].all(i, i, true)", "duplicate variable name"),
        ("[1].all(__result__, true)", "iteration variable overwrites accumulator variable"),
        ("[1].all(i)", "undeclared reference to 'i'"),
    ],
)
def test_misuse(text: str, message: str) -> None:
    assert message in refused(text)
