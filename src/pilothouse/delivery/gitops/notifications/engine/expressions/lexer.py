"""Splits an expression into tokens."""

from __future__ import annotations

import re

import msgspec

from pilothouse.delivery.gitops.notifications.engine.expressions.values import ExpressionError

MAX_LENGTH = 8192
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<mark>\?\.|\?\?|==|!=|<=|>=|&&|\|\||\*\*|[-+*/%<>!?:.,()\[\]{}\#])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class Token(msgspec.Struct, frozen=True):
    """One word or mark."""

    kind: str
    text: str
    place: int


def tokens_of(source: str) -> list[Token]:
    """Return the tokens, and one for the end; raises `ExpressionError`."""
    if len(source) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    found, place = [], 0
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None:
            raise ExpressionError(f"unexpected {source[place]!r} at {place + 1} of {source!r}")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], place))
        place = match.end()
    return [*found, Token("end", "", len(source))]


def unquoted(literal: str) -> str:
    """Return what a string literal stands for."""
    if literal[0] == "`":
        return literal[1:-1]

    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if code[0] in "ux" and len(code) > 1 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, literal[1:-1])
