"""Texts: the methods of the language, its string extension and the pattern functions of Kubernetes.

Patterns run in RE2, in time linear to the text. Source: CEL definition, strings extension version 2, Kubernetes regex library.
"""

from __future__ import annotations

from typing import Any

import re2

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.library.strformat import format_text
from pilothouse.api.cel.values import MAX_SIZE, TOO_EXPENSIVE, CostExceeded, EvalError, joined

_QUIET = re2.Options()
_QUIET.log_errors = False
_LOWER = {code: code + 32 for code in range(65, 91)}
_UPPER = {code: code - 32 for code in range(97, 123)}
_QUOTED = str.maketrans({
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v",
})  # fmt: skip


def compile_pattern(pattern: str) -> Any:
    """Return a compiled pattern; raises `EvalError`."""
    try:
        return re2.compile(pattern, _QUIET)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        raise EvalError(f"error parsing regexp: {why}") from None


def _matches(text: str, pattern: str) -> bool:
    return compile_pattern(pattern).search(text) is not None


def _find(text: str, pattern: str) -> str:
    match = compile_pattern(pattern).search(text)
    return "" if match is None else str(match.group())


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    out: list[str] = []
    for match in compile_pattern(pattern).finditer(text):
        if 0 <= limit <= len(out):
            break
        out.append(str(match.group()))
    return out


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise EvalError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if start < 0 or (start >= len(text) and part and start > len(text)):
        raise EvalError(f"index out of range: {start}")
    return text.find(part, start)


def _last_index_of(text: str, part: str) -> int:
    return text.rfind(part)


def _last_index_before(text: str, part: str, start: int) -> int:
    if not 0 <= start < max(len(text), 1):
        raise EvalError(f"index out of range: {start}")
    return text.rfind(part, 0, start + len(part))


def _join(items: list[Any], between: str = "") -> str:
    if not all(isinstance(item, str) for item in items):
        raise EvalError("no such overload")
    return joined(items, between)


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    if text.count(old) * len(new) > MAX_SIZE:
        raise CostExceeded(TOO_EXPENSIVE)
    return text.replace(old, new, limit)


def _split(text: str, by: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not by:
        chars = list(text)
        return chars if limit < 0 or limit >= len(chars) else [*chars[: limit - 1], text[limit - 1 :]]
    return text.split(by, -1 if limit < 0 else limit - 1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= start <= len(text):
        raise EvalError(f"index out of range: {start}")
    if not 0 <= end <= len(text):
        raise EvalError(f"index out of range: {end}")
    if start > end:
        raise EvalError(f"invalid substring range. start: {start}, end: {end}")
    return text[start:end]


ROWS: list[Row] = [
    ("contains", "string.(string) bool", lambda text, part: part in text),
    ("startsWith", "string.(string) bool", str.startswith),
    ("endsWith", "string.(string) bool", str.endswith),
    ("matches", "string.(string) bool", _matches),
    ("matches", "(string, string) bool", _matches),
    ("find", "string.(string) string", _find),
    ("findAll", "string.(string) list<string>", _find_all),
    ("findAll", "string.(string, int) list<string>", _find_all),
    ("charAt", "string.(int) string", _char_at),
    ("indexOf", "string.(string) int", _index_of),
    ("indexOf", "string.(string, int) int", _index_of),
    ("lastIndexOf", "string.(string) int", _last_index_of),
    ("lastIndexOf", "string.(string, int) int", _last_index_before),
    ("join", "list<string>.() string", _join),
    ("join", "list<string>.(string) string", _join),
    ("lowerAscii", "string.() string", lambda text: text.translate(_LOWER)),
    ("upperAscii", "string.() string", lambda text: text.translate(_UPPER)),
    ("replace", "string.(string, string) string", _replace),
    ("replace", "string.(string, string, int) string", _replace),
    ("split", "string.(string) list<string>", _split),
    ("split", "string.(string, int) list<string>", _split),
    ("substring", "string.(int) string", _substring),
    ("substring", "string.(int, int) string", _substring),
    ("trim", "string.() string", str.strip),
    ("format", "string.(list<dyn>) string", format_text),
    ("strings.quote", "(string) string", lambda text: f'"{text.translate(_QUOTED)}"'),
    ("jsonpatch.escapeKey", "(string) string", lambda text: text.replace("~", "~0").replace("/", "~1")),
]
