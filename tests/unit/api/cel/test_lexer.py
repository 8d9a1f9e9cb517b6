"""From text to tokens."""

from __future__ import annotations

import pytest

from pilothouse.api.cel.lexer import MAX_SOURCE, tokens_of
from pilothouse.api.cel.syntax import CelSyntaxError
from tests.unit.api.cel.run import refused, value


def test_tokens_keep_their_place() -> None:
    found, issues = tokens_of("a + 0x1F // rest")
    assert [(token.kind, token.at) for token in found] == [("name", 0), ("op", 2), ("int", 4), ("end", 16)]
    assert issues == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"'a\n\x41\u00e9\101'", "a\nAéA"),
        (r"r'\d'", r"\d"),
        (r"b'\xff'", b"\xff"),
        ('"""a"b"""', 'a"b'),
        ("0x10 + 1", 17),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-9223372036854775808", -(2**63)),
    ],
)
def test_literals(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", [r"'\q'", "9223372036854775808", "18446744073709551616u", "'open", "a ~ b"])
def test_bad_literals_name_their_place(text: str) -> None:
    assert refused(text).startswith("ERROR: <input>:1:")


def test_long_texts_are_refused() -> None:
    with pytest.raises(CelSyntaxError, match="exceeds limit"):
        tokens_of(" " * (MAX_SOURCE + 1))
