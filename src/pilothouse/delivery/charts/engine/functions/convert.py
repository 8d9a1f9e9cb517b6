"""Loose conversions shared by the function library: Go's cast rules, text of any value, emptiness.

Used by every other module of this package.
"""

from __future__ import annotations

import math
import re
from typing import Any

from pilothouse.delivery.charts.engine.values.kinds import GoObject, Slice, TypedMap
from pilothouse.delivery.charts.engine.values.printing import text_of

_INT64 = 1 << 63
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DECIMAL_ZEROS = re.compile(r"(.+?)\.0*")


def wrap_int64(value: int) -> int:
    """Reduce to the range of a Go int64, wrapping as Go does."""
    return (value + _INT64) % (2 * _INT64) - _INT64


def parse_integer(text: str) -> int | None:
    """Read an integer with Go's base prefixes; None when it is none or does not fit."""
    if not _INTEGER.fullmatch(text):
        return None
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lower()
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        value = sign * int(digits, 8)
    else:
        value = sign * int(digits, 0)
    return value if -_INT64 <= value < _INT64 else None


def to_int(value: Any) -> int:
    """Convert as sprig's toInt64 does; anything unreadable is 0."""
    if isinstance(value, str):
        match = _DECIMAL_ZEROS.fullmatch(value)
        parsed = parse_integer(match.group(1) if match else value)
        return 0 if parsed is None else parsed
    if isinstance(value, (bool, int)):
        return wrap_int64(int(value))
    if isinstance(value, float):
        if math.isnan(value) or abs(value) >= _INT64:
            return -_INT64
        return int(value)
    return 0


def to_float(value: Any) -> float:
    """Convert as sprig's toFloat64 does; anything unreadable is 0."""
    if isinstance(value, str):
        lowered = value.lower().lstrip("+-")
        if _FLOAT.fullmatch(value) or lowered in ("inf", "infinity", "nan"):
            return float(value)
        if re.fullmatch(r"[+-]?0[xX][0-9a-fA-F.]+[pP][+-]?\d+", value):
            return float.fromhex(value)
        return 0.0
    if isinstance(value, (bool, int, float)):
        return float(value)
    return 0.0


def strval(value: Any) -> str:
    """Return sprig's text of a value: byte slices are text, everything else prints as `%v`."""
    return text_of(value)


def is_empty(value: Any) -> bool:
    """Say whether sprig counts a value as empty."""
    if isinstance(value, GoObject):
        return False
    return not value


def is_list(value: Any) -> bool:
    """Say whether a value is a Go slice."""
    return isinstance(value, (list, bytes))


def string_list(value: Any) -> list[str]:
    """Return sprig's strslice: the texts of a list's non-nil elements, or of the one value given."""
    if value is None:
        return []
    if isinstance(value, Slice) and value.elem == "string":
        return list(value)
    if isinstance(value, list):
        return [strval(v) for v in value if v is not None]
    if isinstance(value, bytes):
        return [str(b) for b in value]
    return [strval(value)]


def plain_map(value: dict[Any, Any]) -> bool:
    """Say whether a map is Go's map[string]interface {}."""
    return not isinstance(value, TypedMap) or value.go_type in ("common.Values", "map[string]interface {}")


def byte_length(text: str) -> int:
    """Return Go's len of a string."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def byte_slice(text: str, start: int | None, end: int | None) -> str:
    """Cut a string by bytes as Go does."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-8", "surrogateescape")[start:end].decode("utf-8", "surrogateescape")
