"""The loops of macros."""

from __future__ import annotations

import pytest

from tests.unit.api.cel.run import failure, outcome, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2].all(i, i > 0) && [1, 2].exists(i, i > 1) && [1, 2].exists_one(i, i > 1)", True),
        ("[1, 2, 3].filter(i, i > 1).map(i, i * 2)", [4, 6]),
        ("[1, 2, 3].map(i, i > 1, i * 2)", [4, 6]),
        ("{'a': 1}.all(k, k == 'a') && {'a': 1}.exists(k, v, v == 1)", True),
        ("['x', 'y'].transformList(i, v, v + string(i))", ["x0", "y1"]),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10)", {"b": 20}),
        ("{'a': 'b'}.transformMapEntry(k, v, {v: k})", {"b": "a"}),
        ("['a', 'b'].transformMapEntry(i, v, {v: i})", {"a": 0, "b": 1}),
        ("[1].map(i, [2].map(j, i + j))", [[3]]),
        ("[1].map(n, n + 1)[0] + n", 7),
    ],
)
def test_values(text: str, expected: object) -> None:
    assert value(text, n=5) == expected


def test_one_deciding_element_outweighs_errors() -> None:
    assert value("[0, 2].exists(i, 4 / i == 2)") is True
    assert value("[0, 2].all(i, 4 / i == 7)") is False
    assert failure("[0, 2].all(i, 4 / i == 2)") == "division by zero"


def test_loops_stop_at_their_budget() -> None:
    found = outcome("x.all(i, x.all(j, x.all(k, true)))", 10_000, x=list(range(1000)))
    assert found.is_over_budget
    assert found.cost < 11_000
