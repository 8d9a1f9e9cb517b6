"""Issues and their place."""

from __future__ import annotations

import pytest

from pilothouse.api.cel.syntax import MAX_DEPTH, Call, CelSyntaxError, Issue, Literal, Node, position, show_issues


def test_issues_point_at_their_line_in_order() -> None:
    text = "a +\n\tb"
    shown = show_issues(text, [Issue("second", 5), Issue("first", 2)])
    assert shown == "ERROR: <input>:1:3: first\n | a +\n | ..^\nERROR: <input>:2:2: second\n |  b\n | .^"
    assert position(text, 5) == (2, 1)


def test_trees_have_a_limit() -> None:
    node: Node = Literal(0, 1)
    with pytest.raises(CelSyntaxError, match="levels deep"):
        for _ in range(MAX_DEPTH):
            node = Call(0, "-_", [node])
