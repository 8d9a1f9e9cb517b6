"""Read number constants: one text may be an int, a uint, a float and a complex at once, as Go allows.

Called by the parser for number, character and complex tokens.
"""

from __future__ import annotations

import re

import msgspec

from pilothouse.delivery.charts.engine.template.nodes import Number
from pilothouse.delivery.charts.engine.values.quote import QuoteError, unquote_char_constant

_INT64_MAX = (1 << 63) - 1
_UINT64_MAX = (1 << 64) - 1
_MAX_DIGITS = 40
"""Digits of a decimal number that matter: with more it is out of every range anyway."""
_UNDERSCORES_OK = re.compile(r"[+-]?(?:0[xXoObB]_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*")
_PLAIN_INT = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?")
_HEX_FLOAT = re.compile(r"([+-]?)0[xX]([0-9a-fA-F_]*)\.?([0-9a-fA-F_]*)[pP]([+-]?[0-9_]+)")


class NumberSyntaxError(ValueError):
    """The text is not a number; the message is Go's."""


def _parse_int(text: str) -> int | None:
    if not _PLAIN_INT.fullmatch(text) or ("_" in text and not _UNDERSCORES_OK.fullmatch(text)):
        return None
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    digits = digits.replace("_", "").lower()
    if digits[:2] in ("0x", "0o", "0b"):
        value = int(digits, 0)
    elif len(digits) > 1 and digits[0] == "0":
        value = int(digits, 8)
    else:
        value = int(digits[:_MAX_DIGITS])
    return -value if sign == "-" else value


def _parse_float(text: str) -> float | None:
    try:
        if _HEX_FLOAT.fullmatch(text):
            return float.fromhex(text.replace("_", ""))
        if not _FLOAT.fullmatch(text):
            return None
        value = float(text.replace("_", ""))
    except (ValueError, OverflowError):
        return None
    return None if value in (float("inf"), float("-inf")) else value


def _simplest(text: str, value: complex) -> Number:
    """A complex constant also counts as a float, int or uint when nothing is lost."""
    as_float = value.real if value.imag == 0 else None
    as_int = int(as_float) if as_float is not None and as_float == int(as_float) else None
    return _number(text, as_int, as_float, value)


def _number(text: str, as_int: int | None, as_float: float | None, as_complex: complex | None = None) -> Number:
    signed = as_int if as_int is not None and -_INT64_MAX - 1 <= as_int <= _INT64_MAX else None
    unsigned = as_int if as_int is not None and 0 <= as_int <= _UINT64_MAX else None
    return Number(0, text, signed, unsigned, as_float, as_complex)


def parse_number(text: str, kind: str) -> Number:
    """Read `text` of token kind `number`, `complex` or `char constant`.

    Raises NumberSyntaxError with Go's message.
    """
    if kind == "char constant":
        try:
            code = unquote_char_constant(text)
        except QuoteError:
            message = "invalid syntax" if len(text) < 3 or text[1] == "\\" else f"malformed character constant: {text}"
            raise NumberSyntaxError(message) from None
        return _number(text, code, float(code))
    if kind == "complex":
        return _simplest(text, _complex(text))
    if text.endswith("i"):
        imaginary = _parse_float(text[:-1]) if text[:-1] else None
        if imaginary is None:
            whole = _parse_int(text[:-1]) if text[:-1] else None
            imaginary = None if whole is None else float(whole)
        if imaginary is not None:
            return _simplest(text, complex(0.0, imaginary))
    return _real(text)


def _complex(text: str) -> complex:
    cut = max(text.rfind("+"), text.rfind("-"))
    while cut > 0 and text[cut - 1] in "eEpP":
        cut = max(text.rfind("+", 0, cut), text.rfind("-", 0, cut))
    real, imaginary = _parse_float(text[:cut]), _parse_float(text[cut:-1])
    if real is None or imaginary is None:
        raise NumberSyntaxError(f"illegal number syntax: {text!r}")
    return complex(real, imaginary)


def _real(text: str) -> Number:
    as_int = _parse_int(text)
    if as_int is not None:
        if not -_INT64_MAX - 1 <= as_int <= _UINT64_MAX:
            kind = "illegal number syntax" if any(c in text for c in ".eEpP") else "integer overflow"
            raise NumberSyntaxError(f"{kind}: {_quoted(text)}")
        number = _number(text, as_int, float(as_int))
        return msgspec.structs.replace(number, as_uint=None) if text[0] == "+" else number
    as_float = _parse_float(text)
    if as_float is None:
        raise NumberSyntaxError(_quoted(text) if text in ("+", "-") else f"illegal number syntax: {_quoted(text)}")
    if not any(c in text for c in ".eEpP"):
        raise NumberSyntaxError(f"integer overflow: {_quoted(text)}")
    whole = int(as_float) if as_float == int(as_float) else None
    return _number(text, whole, as_float)


def _quoted(text: str) -> str:
    return f'"{text}"'
