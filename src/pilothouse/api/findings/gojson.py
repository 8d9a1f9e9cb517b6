"""Where and why a text is not JSON, in the words of Go's decoder.

Only used after parsing failed: walks the text with a small state machine and names the first character that cannot be there.
"""

from __future__ import annotations

import re

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_END = "unexpected end of JSON input"


class _Stop(Exception):
    pass


def _quoted(char: str) -> str:
    return {"'": "'\\''", '"': "'\"'", "\n": "'\\n'", "\t": "'\\t'", "\r": "'\\r'"}.get(char, f"'{char}'")


def syntax_error(raw: bytes) -> str:
    """Return the message for text that does not parse; empty when nothing wrong was found."""
    text = raw.decode("utf-8", "replace")
    try:
        position = _value(text, _skip(text, 0), 0)
        position = _skip(text, position)
    except _Stop as stop:
        return str(stop)
    if position < len(text):
        return f"invalid character {_quoted(text[position])} after top-level value"
    return ""


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None
    return found.end()


def _fail(text: str, position: int, where: str) -> _Stop:
    if position >= len(text):
        return _Stop(_END)
    return _Stop(f"invalid character {_quoted(text[position])} {where}")


def _value(text: str, position: int, depth: int) -> int:
    if depth > 500:
        raise _Stop("exceeded max depth")
    if position >= len(text):
        raise _Stop(_END)
    char = text[position]
    if char == "{":
        return _object(text, position + 1, depth)
    if char == "[":
        return _array(text, position + 1, depth)
    if char == '"':
        return _string(text, position + 1)
    if char in "-0123456789":
        found = _NUMBER.match(text, position)
        if found is None:
            raise _fail(text, position + 1, "in numeric literal")
        return found.end()
    for word in ("true", "false", "null"):
        if char == word[0]:
            return _word(text, position, word)
    raise _fail(text, position, "looking for beginning of value")


def _word(text: str, position: int, word: str) -> int:
    for offset, wanted in enumerate(word):
        at = position + offset
        if at >= len(text) or text[at] != wanted:
            raise _fail(text, at, f"in literal {word} (expecting {_quoted(wanted)})")
    return position + len(word)


def _string(text: str, position: int) -> int:
    while position < len(text):
        char = text[position]
        if char == '"':
            return position + 1
        if char == "\\":
            position += 1
            if position < len(text) and text[position] not in '"\\/bfnrtu':
                raise _fail(text, position, "in string escape code")
        elif char < " ":
            raise _fail(text, position, "in string literal")
        position += 1
    raise _Stop(_END)


def _object(text: str, position: int, depth: int) -> int:
    position = _skip(text, position)
    if text[position : position + 1] == "}":
        return position + 1
    while True:
        if text[position : position + 1] != '"':
            raise _fail(text, position, "looking for beginning of object key string")
        position = _skip(text, _string(text, position + 1))
        if text[position : position + 1] != ":":
            raise _fail(text, position, "after object key")
        position = _skip(text, _value(text, _skip(text, position + 1), depth + 1))
        char = text[position : position + 1]
        if char == "}":
            return position + 1
        if char != ",":
            raise _fail(text, position, "after object key:value pair")
        position = _skip(text, position + 1)


def _array(text: str, position: int, depth: int) -> int:
    position = _skip(text, position)
    if text[position : position + 1] == "]":
        return position + 1
    while True:
        position = _skip(text, _value(text, position, depth + 1))
        char = text[position : position + 1]
        if char == "]":
            return position + 1
        if char != ",":
            raise _fail(text, position, "after array element")
        position = _skip(text, position + 1)
