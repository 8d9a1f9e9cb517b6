"""Patterns of files: those of `directory.include` (one star passes folders) and of value files (only two stars do).

They become expressions of re2, which takes linear time for every pattern.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from pilothouse.delivery.gitops.errors import SourceInvalid

MAX_PATTERN = 1024
_STARS = re.compile(r"\*+")


@lru_cache(512)
def compiled(pattern: str, *, passes_folders: bool) -> Any:
    """Return a pattern as an expression: `*`, `?`, `[a-z]`, `[!a]`, `{one,two}`; raises `SourceInvalid`.

    With `passes_folders`, one star also matches `/`; without, `**/` stands for any number of folders.
    """
    if len(pattern) > MAX_PATTERN or pattern.count("*") > 16:
        raise SourceInvalid(f"the pattern {pattern[:60]!r} is too long or has too many stars")
    out: list[str] = []
    at, depth = 0, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            piece, at = _stars(pattern, at, passes_folders)
        elif char == "[":
            piece, at = _class(pattern, at)
        elif char == "\\" and at + 1 < len(pattern):
            piece, at = re.escape(pattern[at + 1]), at + 2
        else:
            depth += (char == "{") - (char == "}" and depth > 0)
            piece, at = _plain(char, depth, passes_folders), at + 1
        out.append(piece)
    try:
        return re2.compile(f"(?s){''.join(out)}")
    except re2.error:
        raise SourceInvalid(f"{pattern!r} is no pattern", fix="close every [ and {") from None


def _stars(pattern: str, at: int, passes_folders: bool) -> tuple[str, int]:
    found = _STARS.match(pattern, at)
    assert found is not None
    end = found.end()
    if passes_folders:
        return ".*", end
    if len(found[0]) == 2 and pattern[end : end + 1] == "/" and (at == 0 or pattern[at - 1] == "/"):
        return "(?:[^/]+/)*", end + 1
    return (".*", end) if len(found[0]) >= 2 else ("[^/]*", end)


def _class(pattern: str, at: int) -> tuple[str, int]:
    end = pattern.find("]", at + 2)
    if end < 0:
        raise SourceInvalid(f"{pattern!r} is no pattern: [ is not closed")
    inner = pattern[at + 1 : end]
    negated = inner[0] in "!^"
    inner = inner[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("&&", "&\\&")
    return f"[{'^' if negated else ''}{inner}]", end + 1


def _plain(char: str, depth: int, passes_folders: bool) -> str:
    if char == "?":
        return "." if passes_folders else "[^/]"
    if char == "{":
        return "(?:"
    if char == "}":
        return ")"
    if char == "," and depth:
        return "|"
    return re.escape(char)


def is_glob(text: str) -> bool:
    """Whether a path is a pattern."""
    return any(char in text for char in "*?[{")


def matches(pattern: str, path: str, *, passes_folders: bool = True) -> bool:
    """Whether a path matches a pattern."""
    return compiled(pattern, passes_folders=passes_folders).fullmatch(path) is not None


def matching(pattern: str, paths: list[str]) -> list[str]:
    """Return the paths a pattern of value files matches, in order."""
    expression = compiled(pattern, passes_folders=False)
    return sorted(path for path in paths if expression.fullmatch(path))
