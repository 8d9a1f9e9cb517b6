"""From text to tree, and the wording of what is wrong."""

from __future__ import annotations

import pytest

from tests.unit.api.cel.run import refused, value

OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n >", f"<input>:1:4: Syntax error: mismatched input '<EOF>' expecting {OPERAND}\n | n >\n | ...^"),
        ("n.", "<input>:1:3: Syntax error: no viable alternative at input '.'"),
        ("n n", "<input>:1:3: Syntax error: extraneous input 'n' expecting <EOF>"),
        ("(n", "<input>:1:3: Syntax error: missing ')' at '<EOF>'"),
        ("* n", "<input>:1:1: Syntax error: extraneous input '*' expecting {"),
        ("n ? 1", "<input>:1:6: Syntax error: mismatched input '<EOF>' expecting ':'"),
        ("while + 1", "<input>:1:1: reserved identifier: while"),
        ("n +\n  $ 1 2", "<input>:2:3: Syntax error: token recognition error at: '$'"),
    ],
)
def test_syntax_errors(text: str, message: str) -> None:
    assert message in refused(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 == 7 && !false || false", True),
        ("true ? 1 : false ? 2 : 3", 1),
        ("- -1 + --1", 2),
        ("-(1)", -1),
        ("{'a': [1, 2,],}.a[1]", 2),
        ("[1, 2].map(i, {'v': i})[1].v", 2),
    ],
)
def test_precedence(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["(" * 400 + "1" + ")" * 400, "1" + " + 1" * 400, "!" * 4000, "[" * 300, "x" + ".a" * 500])
def test_deep_texts_end_in_an_issue(text: str) -> None:
    assert "ERROR" in refused(text)


def test_long_conditions_are_not_deep() -> None:
    assert value(" && ".join(["true"] * 900)) is True
