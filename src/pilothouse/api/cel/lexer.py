"""From text to tokens.

Source: the CEL language definition, lexis. Every token keeps its offset, so that messages can point at it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pilothouse.api.cel.syntax import CelSyntaxError, Issue
from pilothouse.api.cel.values import INT_MAX, UINT_MAX, UInt

MAX_SOURCE = 100_000
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n]*)
      |(?P<text>[bB]?[rR]?(?:\"\"\"(?s:.)*?\"\"\"|'''(?s:.)*?''')|[rR]?[bB]?(?:\"\"\"(?s:.)*?\"\"\"|'''(?s:.)*?''')
        |(?:[rR][bB]?|[bB][rR])(?:"[^"\n\r]*"|'[^'\n\r]*')|[bB]?(?:"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*'))
      |(?P<float>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)
      |(?P<uint>(?:0x[0-9a-fA-F]+|\d+)[uU])
      |(?P<int>0x[0-9a-fA-F]+|\d+)
      |(?P<name>[A-Za-z_]\w*)
      |(?P<quoted>`[\w.\-/ ]+`)
      |(?P<op>==|!=|<=|>=|&&|\|\||[\[\]{}().,\-!?:+*/%<>])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LITERAL_ESCAPES = frozenset("\\?\"'`")
KEYWORDS = frozenset(("in", "true", "false", "null"))


class Token(msgspec.Struct, frozen=True):
    """A piece of the text; `kind` is name, int, uint, float, text, op (also `in`, true, false, null) or end."""

    kind: str
    text: str
    at: int
    value: Any = None


def tokens_of(source: str) -> tuple[list[Token], list[Issue]]:
    """Return (the tokens of a text, the end included; what is no token); raises `CelSyntaxError` for a bad literal."""
    if len(source) > MAX_SOURCE:
        raise CelSyntaxError(Issue(f"expression code point size exceeds limit: size: {len(source)}, limit {MAX_SOURCE}", 0))
    out: list[Token] = []
    issues: list[Issue] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            unknown = _unknown(source, at)
            issues.append(Issue(f"Syntax error: token recognition error at: '{unknown}'", at))
            at += len(unknown)
            continue
        kind, text = str(match.lastgroup), match.group()
        if kind != "space":
            out.append(_token(kind, text, at))
        at = match.end()
    out.append(Token("end", "<EOF>", len(source)))
    return out, issues


def _unknown(source: str, at: int) -> str:
    """Return the text that starts no token: an open text up to the end of its line, half an operator with what follows."""
    if source[at] in "\"'":
        end = source.find("\n", at)
        return source[at : end if end >= 0 else len(source)]
    return source[at : at + 2] if source[at] in "&|=" else source[at]


def _token(kind: str, text: str, at: int) -> Token:
    if kind == "name":
        return Token("op" if text in KEYWORDS else "name", text, at)
    if kind == "quoted":
        return Token("quoted", text[1:-1], at)
    if kind == "int":
        return Token(kind, text, at, int(text, 0) if text[:2] == "0x" else int(text))
    if kind == "uint":
        number = int(text[:-1], 0) if text[:2] == "0x" else int(text[:-1])
        if number > UINT_MAX:
            raise CelSyntaxError(Issue(f"invalid uint literal: {text}", at))
        return Token(kind, text, at, UInt(number))
    if kind == "float":
        return Token(kind, text, at, float(text))
    return Token(kind, text, at, _unquote(text, at) if kind == "text" else None)


def _unquote(text: str, at: int) -> str | bytes:
    prefix = text[: next(index for index, char in enumerate(text) if char in "\"'")].lower()
    rest = text[len(prefix) :]
    quotes = 3 if rest[:3] in ('"""', "'''") and len(rest) >= 6 else 1
    body = rest[quotes:-quotes]
    if "r" in prefix:
        return body.encode() if "b" in prefix else body
    return _escaped_bytes(body, at) if "b" in prefix else _escaped_text(body, at)


def _escaped_text(body: str, at: int) -> str:
    def replace(match: re.Match[str]) -> str:
        for group in (1, 2, 3):
            if match[group]:
                code = int(match[group], 16)
                if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                    raise CelSyntaxError(Issue("invalid unicode code point", at))
                return chr(code)
        return chr(int(match[4], 8)) if match[4] else _simple(match[5], at)

    return _ESCAPE.sub(replace, body) if "\\" in body else body


def _escaped_bytes(body: str, at: int) -> bytes:
    out = bytearray()
    end = 0
    for match in _ESCAPE.finditer(body):
        out += body[end : match.start()].encode()
        end = match.end()
        if match[1] or match[4]:
            out.append(int(match[1], 16) if match[1] else int(match[4], 8))
        elif match[5]:
            out += _simple(match[5], at).encode()
        else:
            raise CelSyntaxError(Issue("unable to unescape string", at))
    return bytes(out + body[end:].encode())


def _simple(char: str, at: int) -> str:
    if char in _SIMPLE:
        return _SIMPLE[char]
    if char in _LITERAL_ESCAPES:
        return char
    raise CelSyntaxError(Issue(f"unable to unescape string: \\{char}", at))


def int_literal(token: Token, *, negative: bool) -> int:
    """Return the value of an integer token; raises when 64 bits cannot hold it."""
    value: int = -token.value if negative else token.value
    if not -INT_MAX - 1 <= value <= INT_MAX:
        raise CelSyntaxError(Issue("invalid int literal", token.at))
    return value
