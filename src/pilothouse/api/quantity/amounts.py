"""Resource quantities: `250m`, `1.5Gi`, `12e6`.

Source: the Quantity type of Kubernetes (apimachinery). Values are exact fractions; `canonical` writes the shortest form in the
suffix family the text used.
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal, InvalidOperation
from fractions import Fraction

from pilothouse.kit.errors import Invalid

BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_PATTERN = re.compile(r"^([+-]?(?:\d+(?:\.\d*)?|\.\d+))([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?$")
_SUFFIX_OF = {exponent: suffix for suffix, exponent in DECIMAL.items()}
MAX_LENGTH = 64


class InvalidQuantity(Invalid):
    """A text that is no quantity."""

    reason = "InvalidQuantity"


def parse_quantity(text: str | int | float) -> Fraction:
    """Return the exact value; raises `InvalidQuantity`."""
    number, suffix = _split(text)
    if suffix in BINARY:
        return Fraction(number) * BINARY[suffix]
    if suffix in DECIMAL:
        return Fraction(number) * Fraction(10) ** DECIMAL[suffix]
    exponent = int(suffix[1:])
    if abs(exponent) > 100:
        raise InvalidQuantity(f"quantity {text!r} has an exponent out of range")
    return Fraction(number) * Fraction(10) ** exponent


def _split(text: str | int | float) -> tuple[Decimal, str]:
    source = str(text)
    match = _PATTERN.match(source) if len(source) <= MAX_LENGTH else None
    if match is None:
        raise InvalidQuantity(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            fix=f"write a number with an optional suffix such as 100m, 1.5 or 2Gi instead of {source[:80]!r}",
        )
    try:
        return Decimal(match[1]), match[2] or ""
    except InvalidOperation:
        raise InvalidQuantity(f"quantity {source!r} has no number") from None


def to_milli(text: str | int | float) -> int:
    """Return thousandths, rounded up: CPU in millicores."""
    value = parse_quantity(text) * 1000
    return -((-value.numerator) // value.denominator)


def to_whole(text: str | int | float) -> int:
    """Return the whole number, rounded up: bytes, Pods."""
    value = parse_quantity(text)
    return -((-value.numerator) // value.denominator)


def canonical(text: str | int | float) -> str:
    """Return the canonical spelling, as the API server stores it."""
    return _spelled(parse_quantity(text), _split(text)[1])


def compare(left: str | int | float, right: str | int | float) -> int:
    """Return -1, 0 or 1, as `left` is less than, equal to or more than `right`."""
    one, other = parse_quantity(left), parse_quantity(right)
    return (one > other) - (one < other)


def add(left: str | int | float, right: str | int | float) -> str:
    """Return the canonical sum in the suffix family of `left`, or that of `right` when `left` is nothing."""
    return _combined(left, right, 1)


def subtract(left: str | int | float, right: str | int | float) -> str:
    """Return the canonical difference, spelled as a sum is."""
    return _combined(left, right, -1)


def _combined(left: str | int | float, right: str | int | float, sign: int) -> str:
    value = parse_quantity(left)
    suffix = _split(left if value else right)[1]
    return _spelled(value + sign * parse_quantity(right), suffix)


def _spelled(value: Fraction, suffix: str) -> str:
    if suffix in BINARY:
        return _binary(value.numerator) if value.denominator == 1 else _decimal(value, keep_exponent=False)
    return _decimal(value, keep_exponent=suffix[:1] in {"e", "E"} and len(suffix) > 1)


def _binary(value: int) -> str:
    if value == 0 or abs(value) < 1024:
        return str(value)
    best, factor = "", 1
    for suffix, size in BINARY.items():
        if value % size == 0:
            best, factor = suffix, size
    return f"{value // factor}{best}"


def _decimal(value: Fraction, *, keep_exponent: bool) -> str:
    nanos = value * 10**9
    amount = int((Decimal(nanos.numerator) / Decimal(nanos.denominator)).to_integral_value(ROUND_UP))
    if amount == 0:
        return "0"
    exponent = -9
    while exponent < 18 and amount % 1000 == 0:
        amount //= 1000
        exponent += 3
    if keep_exponent:
        return str(amount) if exponent == 0 else f"{amount}e{exponent}"
    return f"{amount}{_SUFFIX_OF[exponent]}"
