"""The worst case of an expression."""

from __future__ import annotations

import pytest

from pilothouse.api.cel import declare
from pilothouse.api.cel.types import UNBOUNDED
from tests.unit.api.cel.run import BASE

RAW = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "s": {"type": "string", "maxLength": 10},
        "free": {"type": "string"},
        "l": {"type": "array", "maxItems": 5, "items": {"type": "string", "maxLength": 10}},
        "open": {"type": "array", "items": {"type": "integer"}},
        "v": {"x-kubernetes-int-or-string": True},
    },
}


def worst(text: str) -> int:
    kind = declare(RAW, "selfType")
    assert kind is not None
    return BASE.extended({"self": kind}).compile(text).worst_cost


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.a > 1", 3),  # two reads and one comparison
        ("self.a == 1 || self.a == 2", 4),  # equal numbers of no length are free
        ("self.s.startsWith('abc')", 3),
        ("self.s.contains('abc')", 2 + 4 * 1),
        ("self.l.all(i, i != 'x')", 2 + 1 + 5 * (3 + 2)),
        ("self.l.map(i, i + 'x').exists(i, i == 'y')", 2 + 11 + 5 * (12 + 6) + 1 + 5 * (4 + 2)),
        ("type(self.v) == int", 4),
        ("self.s.matches('^[a-z]+$')", 2 + 5 * 2),
    ],
)
def test_worst_case(text: str, expected: int) -> None:
    assert worst(text) == expected


def test_values_without_limit_cost_what_a_request_can_hold() -> None:
    assert 300_000 < worst("self.free.startsWith(self.free)") < 400_000
    assert worst("self.open.all(i, self.open.all(j, i != j || self.open.exists(k, k == i)))") > 10**15
    assert worst("self.open.all(i, self.open.all(j, self.open.all(k, self.open.all(m, true))))") == UNBOUNDED


@pytest.mark.parametrize(
    "text", ["self.s + 'x' == 'y'", "self.l.filter(i, i > 'a').size() > 1", "self.s.replace('a', 'bb') == ''"]
)
def test_running_costs_no_more_than_the_worst_case(text: str) -> None:
    kind = declare(RAW, "selfType")
    assert kind is not None
    program = BASE.extended({"self": kind}).compile(text)
    found = program.evaluate({"self": {"a": 1, "s": "a" * 10, "l": ["b" * 10] * 5}})
    assert 0 < found.cost <= program.worst_cost
