"""Types and what fits into them."""

from __future__ import annotations

import pytest

from pilothouse.api.cel.types import DYN, INT, STRING, Substitution, parse_type


@pytest.mark.parametrize(
    ("target", "source", "fits"),
    [
        ("int", "int", True),
        ("int", "string", False),
        ("dyn", "string", True),
        ("list<dyn>", "list<int>", True),
        ("list<int>", "list<string>", False),
        ("net.IP", "net.CIDR", False),
        ("timestamp", "null", True),
        ("string", "null", False),
    ],
)
def test_assignment(target: str, source: str, fits: bool) -> None:
    assert Substitution().assign(parse_type(target), parse_type(source)) is fits


def test_parameters_are_one_type_per_call() -> None:
    found, names = Substitution(), {}
    item = found.fresh(parse_type("A"), names)
    items = found.fresh(parse_type("list<A>"), names)
    assert found.assign(items, parse_type("list<int>"))
    assert found.assign(item, INT)
    assert not found.assign(item, STRING)
    assert found.resolve(found.new_param()) == DYN


def test_limits_do_not_make_types_different() -> None:
    assert STRING.sized(3) == STRING
    assert str(parse_type("map<string, list<int>>")) == "map(string, list(int))"
