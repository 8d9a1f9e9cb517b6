"""Declared functions."""

from __future__ import annotations

from pilothouse.api.cel.functions import library, merged


def test_a_row_becomes_an_overload() -> None:
    found = library([("f", "string.(int, map<string, A>) list<A>", len), ("f", "() bool", len)])["f"]
    assert [overload.is_member for overload in found] == [True, False]
    assert [str(param) for param in found[0].params] == ["string", "int", "map(string, A)"]
    assert (str(found[0].result), found[1].params) == ("list(A)", ())


def test_libraries_share_a_name() -> None:
    both = merged(library([("f", "(int) int", abs)]), library([("f", "(double) double", abs)]))
    assert len(both["f"]) == 2
