"""Patterns of AppProjects: `*`, `**`, `?`, `[a-z]`, `{a,b}`, and a leading `!` that denies."""

from __future__ import annotations

from functools import lru_cache

import re2

from pilothouse.kit.errors import Invalid

MAX_PATTERN = 1024


class InvalidPattern(Invalid):
    """A pattern that cannot be read."""

    reason = "InvalidPattern"


def is_denial(pattern: str) -> bool:
    """Whether a pattern denies what it matches."""
    return pattern.startswith("!")


def matches(pattern: str, text: str, *, denies: bool = False, separator: str = "") -> bool:
    """Whether a pattern matches; with `denies` a leading `!` turns it round. `*` does not cross the separator."""
    if denies and is_denial(pattern):
        return not matches(pattern[1:], text, separator=separator)
    if pattern in {"*", text}:
        return True
    try:
        return _compiled(pattern, separator).fullmatch(text) is not None
    except InvalidPattern:
        return False


def matches_any(patterns: list[str], text: str) -> bool:
    """Whether one of the patterns matches; one between slashes is a regular expression."""
    return any(_matches_entry(pattern, text) for pattern in patterns)


def _matches_entry(pattern: str, text: str) -> bool:
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        try:
            return re2.search(pattern[1:-1], text) is not None
        except re2.error:
            return False
    return matches(pattern, text)


def is_valid(pattern: str) -> bool:
    """Whether a pattern can be read."""
    try:
        _compiled(pattern, "")
    except InvalidPattern:
        return False
    return True


@lru_cache(maxsize=1024)
def _compiled(pattern: str, separator: str) -> re2._Regexp:
    if len(pattern) > MAX_PATTERN:
        raise InvalidPattern(f"the pattern {pattern[:40]!r} is longer than {MAX_PATTERN} characters")
    try:
        return re2.compile("(?s)" + _translate(pattern, separator))
    except (re2.error, IndexError) as error:
        raise InvalidPattern(f"{pattern!r} is no pattern: {error}") from error


def _translate(pattern: str, separator: str) -> str:
    one = f"[^{re2.escape(separator)}]" if separator else "."
    parts: list[str] = []
    depth = position = 0
    while position < len(pattern):
        char = pattern[position]
        if pattern.startswith("**", position):
            parts.append(".*")
            position += 1
        elif char == "[":
            end = pattern.index("]", position) if "]" in pattern[position:] else -1
            if end < 0:
                raise InvalidPattern(f"{pattern!r} has an open [")
            inner = pattern[position + 1 : end]
            parts.append(f"[{'^' if inner.startswith('!') else ''}{inner.removeprefix('!')}]")
            position = end
        else:
            text, depth = _plain(char, one, depth)
            parts.append(text)
        position += 1
    if depth:
        raise InvalidPattern(f"{pattern!r} has an open {{")
    return "".join(parts)


def _plain(char: str, one: str, depth: int) -> tuple[str, int]:
    if char == "{":
        return "(?:", depth + 1
    if char == "}" and depth:
        return ")", depth - 1
    if char == "," and depth:
        return "|", depth
    return {"*": f"{one}*", "?": one}.get(char, re2.escape(char)), depth
