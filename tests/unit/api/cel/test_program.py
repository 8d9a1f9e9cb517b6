"""Running expressions."""

from __future__ import annotations

from pilothouse.api.cel.program import fits
from pilothouse.api.cel.types import parse_type
from tests.unit.api.cel.run import BASE, failure, outcome, value


def test_one_program_runs_for_many_inputs() -> None:
    program = BASE.compile("n * 2")
    assert [program.evaluate({"n": number}).value for number in (1, 2)] == [2, 4]
    assert program.used == frozenset(("n",))


def test_dynamic_values_choose_their_function_while_running() -> None:
    assert value("x + x", x=2) == 4
    assert value("x + x", x="a") == "aa"
    assert failure("x + x", x={}) == "no such overload"
    assert failure("x.y", x=1) == "no such overload"
    assert failure("!x", x=1) == "no such overload"


def test_an_error_of_one_side_does_not_matter_when_the_other_decides() -> None:
    assert value("1 / n > 0 || true", n=0) is True
    assert value("false && 1 / n > 0", n=0) is False
    assert failure("1 / n > 0 && true", n=0) == "division by zero"


def test_a_run_stops_at_its_budget() -> None:
    found = outcome("n + n + n", 3, n=1)
    assert (found.is_over_budget, found.error) == (True, "operation cancelled: actual cost limit exceeded")


def test_values_no_function_was_declared_for_are_errors() -> None:
    assert failure("{} in x", x={"a": 1}) == "no such overload"
    assert failure("x in {'k': 1}", x=[1]) == "no such overload"
    assert failure("{x: 1}", x=[1]) == "no such overload"
    assert value("optional.of([1])[?0].value() + optional.of({'a': 2})['a'].value()") == 3


def test_fits() -> None:
    assert fits(parse_type("list<int>"), [1])
    assert not fits(parse_type("list<int>"), ["a"])
    assert not fits(parse_type("int"), True)


def test_values_cannot_grow_without_end() -> None:
    doubled = "x"
    for level in range(35):
        doubled = f"cel.bind(v{level}, {doubled}, v{level} + v{level})"
    assert outcome(doubled, x=list(range(1000))).is_over_budget
    big = "a" * 100_000
    assert outcome("x.replace('a', x)", x=big).is_over_budget
    assert outcome("x.map(i, x[0]).join()", x=[big] * 1000).is_over_budget
    assert outcome("'%s%s'.format([x, x])", x=[big] * 1000).is_over_budget
