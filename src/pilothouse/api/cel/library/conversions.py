"""From one type to another: `int("3")`, `string(1.5)`, `type(x)`, `dyn(x)`."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.library.times import format_duration, format_timestamp, parse_duration, parse_timestamp
from pilothouse.api.cel.values import NANOS, EvalError, Timestamp, TypeValue, UInt, int64, joined, type_name, uint64

_INTEGER = re.compile(r"[+-]?\d+")
_BOOLS = {**dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
          **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False)}  # fmt: skip


def _to_int(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise EvalError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    value = int(text[:40])
    if len(text) > 40 or not -(2**63) <= value < 2**63:
        raise EvalError(f'strconv.ParseInt: parsing "{text[:40]}": value out of range')
    return value


def _to_uint(text: str) -> UInt:
    if not text.isdigit() or not text.isascii():
        raise EvalError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if len(text) > 40 or int(text) >= 2**64:
        raise EvalError(f'strconv.ParseUint: parsing "{text[:40]}": value out of range')
    return UInt(int(text))


def _to_double(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise EvalError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from None


def _to_bool(text: str) -> bool:
    try:
        return _BOOLS[text]
    except KeyError:
        raise EvalError(f"type conversion error from string to bool: {text}") from None


def _whole(value: float) -> int:
    if not math.isfinite(value):
        raise EvalError("integer overflow")
    return int64(int(value))


def _whole_unsigned(value: float) -> UInt:
    if not math.isfinite(value):
        raise EvalError("unsigned integer overflow")
    return uint64(int(value))


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EvalError("invalid UTF-8 in bytes, cannot convert to string") from None


def show_double(value: float) -> str:
    """Return a number as short as possible, with an exponent when it is small or large."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign, digits, power = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    exponent = len(text) + int(power) - 1
    if -4 <= exponent < 6 or not value:
        return repr(value).removesuffix(".0") if exponent >= -4 else f"{value:f}"
    mantissa = f"{text[0]}.{text[1:]}".rstrip(".")
    return f"{'-' if sign else ''}{mantissa}e{exponent:+03d}"


ROWS: list[Row] = [
    ("bool", "(bool) bool", lambda value: value),
    ("bool", "(string) bool", _to_bool),
    ("bytes", "(bytes) bytes", lambda value: value),
    ("bytes", "(string) bytes", str.encode),
    ("double", "(double) double", lambda value: value),
    ("double", "(int) double", float),
    ("double", "(uint) double", float),
    ("double", "(string) double", _to_double),
    ("duration", "(duration) duration", lambda value: value),
    ("duration", "(int) duration", lambda value: parse_duration(f"{value}ns")),
    ("duration", "(string) duration", parse_duration),
    ("dyn", "(A) dyn", lambda value: value),
    ("int", "(int) int", lambda value: value),
    ("int", "(uint) int", lambda value: int64(int(value))),
    ("int", "(double) int", _whole),
    ("int", "(string) int", _to_int),
    ("int", "(timestamp) int", lambda value: int(value) // NANOS),
    ("int", "(duration) int", int),
    ("string", "(string) string", lambda value: value),
    ("string", "(bool) string", lambda value: "true" if value else "false"),
    ("string", "(int) string", str),
    ("string", "(uint) string", lambda value: str(int(value))),
    ("string", "(double) string", show_double),
    ("string", "(bytes) string", _text_of_bytes),
    ("string", "(timestamp) string", format_timestamp),
    ("string", "(duration) string", format_duration),
    ("timestamp", "(timestamp) timestamp", lambda value: value),
    ("timestamp", "(int) timestamp", lambda value: Timestamp(value * NANOS)),
    ("timestamp", "(string) timestamp", parse_timestamp),
    ("type", "(A) type<A>", lambda value: TypeValue(type_name(value))),
    ("uint", "(uint) uint", lambda value: value),
    ("uint", "(int) uint", uint64),
    ("uint", "(double) uint", _whole_unsigned),
    ("uint", "(string) uint", _to_uint),
]


def show_any(value: Any) -> str:
    """Return a value as `%s` prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{joined(map(show_any, value), ', ')}]"
    if isinstance(value, dict):
        return "{" + joined((f"{show_any(key)}: {show_any(value[key])}" for key in sorted(value, key=str)), ", ") + "}"
    if value is None:
        return "null"
    if isinstance(value, TypeValue):
        return value.name
    for name, signature, run in ROWS:
        if name == "string" and run and signature.startswith(f"({_SHOWN.get(type(value).__name__, '-')})"):
            return str(run(value))
    raise EvalError("error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, "
                    "lists, types, durations, and timestamps")  # fmt: skip


_SHOWN = {"bool": "bool", "int": "int", "UInt": "uint", "float": "double", "bytes": "bytes", "Timestamp": "timestamp",
          "Duration": "duration"}  # fmt: skip
