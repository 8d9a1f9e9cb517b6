"""Go string literals: quoting as `strconv.Quote` does, and reading them back.

Strings that hold bytes which are not UTF-8 carry them as surrogate escapes (the convention of the whole engine).
"""

from __future__ import annotations

import re

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\])|(?P<quote>['\"])|x(?P<hex>[0-9a-fA-F]{2})|(?P<oct>[0-3][0-7]{2})"
    r"|u(?P<u4>[0-9a-fA-F]{4})|U(?P<u8>[0-9a-fA-F]{8})|(?P<bad>.?))",
    re.DOTALL,
)


class QuoteError(ValueError):
    """The text is not a Go literal."""


def _escape(char: str, quote: str, ascii_only: bool) -> str:
    if char == quote:
        return "\\" + quote
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable() and (code < 0x80 or not ascii_only):
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def go_quote(text: str, quote: str = '"', *, ascii_only: bool = False) -> str:
    """Return `text` as a Go string literal."""
    if quote == '"' and _PLAIN.fullmatch(text):
        return f'"{text}"'
    if quote == '"' and text.isprintable() and (text.isascii() or not ascii_only):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return quote + "".join(_escape(c, quote, ascii_only) for c in text) + quote


def _unescape(match: re.Match[str], quote: str) -> str | bytes:
    kind = match.lastgroup
    value = match.group(kind) if kind else ""
    if kind == "simple":
        return _SIMPLE[value]
    if kind == "quote" and value == quote:
        return value
    if kind in ("hex", "oct"):
        code = int(value, 16 if kind == "hex" else 8)
        return bytes([code])
    if kind in ("u4", "u8"):
        code = int(value, 16)
        if code <= 0x10FFFF and not 0xD800 <= code < 0xE000:
            return chr(code)
    raise QuoteError("invalid syntax")


def go_unquote(literal: str) -> str:
    """Read a quoted or raw Go string literal; raises QuoteError("invalid syntax")."""
    body = literal[1:-1]
    if literal[0] == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    parts: list[bytes] = []
    at = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[at : match.start()].encode("utf-8", "surrogateescape"))
        piece = _unescape(match, '"')
        parts.append(piece if isinstance(piece, bytes) else piece.encode())
        at = match.end()
    parts.append(body[at:].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def unquote_char_constant(literal: str) -> int:
    """Read a Go character constant such as ``'a'`` and return its code point."""
    body = literal[1:-1]
    if len(literal) < 3 or literal[-1] != "'":
        raise QuoteError("invalid syntax")
    if len(body) == 1 and body != "\\":
        return ord(body)
    match = _ESCAPE.fullmatch(body)
    if match is None:
        raise QuoteError("invalid syntax")
    piece = _unescape(match, "'")
    return piece[0] if isinstance(piece, bytes) else ord(piece)
