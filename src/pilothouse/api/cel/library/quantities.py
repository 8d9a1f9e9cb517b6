"""Resource quantities and semantic versions.

Source: Kubernetes CEL libraries quantity and semver; the semver specification for precedence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import INT_MAX, INT_MIN, EvalError, Opaque
from pilothouse.api.quantity import InvalidQuantity, parse_quantity

QUANTITY, SEMVER = "kubernetes.Quantity", "kubernetes.Semver"
_NUMBER = r"(0|[1-9]\d*)"
_SEMVER = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?", re.ASCII)
_LOOSE = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:[-+].*)?)", re.ASCII | re.DOTALL)
MAX_LENGTH = 256


def _quantity(text: str) -> Opaque:
    try:
        return Opaque(QUANTITY, parse_quantity(text))
    except InvalidQuantity as error:
        raise EvalError(error.message) from None


def _holds(parse: Callable[..., Any]) -> Callable[..., bool]:
    def run(*values: Any) -> bool:
        try:
            parse(*values)
        except EvalError:
            return False
        return True

    return run


def _is_integer(value: Opaque) -> bool:
    return bool(value.data.denominator == 1 and INT_MIN <= value.data <= INT_MAX)


def _as_integer(value: Opaque) -> int:
    if not _is_integer(value):
        raise EvalError("cannot convert value to integer")
    return int(value.data)


def _sign(value: Fraction) -> int:
    return int(value > 0) - int(value < 0)


def _added(left: Opaque, right: Any) -> Opaque:
    return Opaque(QUANTITY, left.data + (right.data if isinstance(right, Opaque) else Fraction(right)))


def _subtracted(left: Opaque, right: Any) -> Opaque:
    return Opaque(QUANTITY, left.data - (right.data if isinstance(right, Opaque) else Fraction(right)))


def parse_semver(text: str, loose: Any = False) -> Opaque:
    """Return a version; a loose one may start with `v`, leave parts out and have leading zeros; raises `EvalError`."""
    shown = text[:MAX_LENGTH]
    if loose:
        match = _LOOSE.fullmatch(text[: MAX_LENGTH + 1])
        if match is not None:
            text = ".".join(str(int(part or 0)) for part in match.group(1, 2, 3)) + match[4]
    found = _SEMVER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None or any(_bad_part(part) for part in (found[4] or "0").split(".")):
        raise EvalError(
            f"No Major.Minor.Patch elements found in {shown!r}" if text.count(".") < 2 else f"Invalid version {shown!r}"
        )
    return Opaque(SEMVER, (int(found[1]), int(found[2]), int(found[3]), *_precedence(found[4])))


def _bad_part(part: str) -> bool:
    return not part or (part.isdigit() and len(part) > 1 and part[0] == "0")


def _precedence(before: str | None) -> tuple[Any, ...]:
    """Return what orders pre-releases: none is highest, numbers come before words."""
    if before is None:
        return (1,)
    return (0, tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".")))


def _compare(left: Opaque, right: Opaque) -> int:
    return int(left.data > right.data) - int(left.data < right.data)


ROWS: list[Row] = [
    ("quantity", "(string) kubernetes.Quantity", _quantity),
    ("isQuantity", "(string) bool", _holds(_quantity)),
    ("sign", "kubernetes.Quantity.() int", lambda value: _sign(value.data)),
    ("isInteger", "kubernetes.Quantity.() bool", _is_integer),
    ("asInteger", "kubernetes.Quantity.() int", _as_integer),
    ("asApproximateFloat", "kubernetes.Quantity.() double", lambda value: float(value.data)),
    ("add", "kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity", _added),
    ("add", "kubernetes.Quantity.(int) kubernetes.Quantity", _added),
    ("sub", "kubernetes.Quantity.(kubernetes.Quantity) kubernetes.Quantity", _subtracted),
    ("sub", "kubernetes.Quantity.(int) kubernetes.Quantity", _subtracted),
    *(row for kind in (QUANTITY, SEMVER) for row in (
        ("isLessThan", f"{kind}.({kind}) bool", lambda left, right: left.data < right.data),
        ("isGreaterThan", f"{kind}.({kind}) bool", lambda left, right: left.data > right.data),
        ("compareTo", f"{kind}.({kind}) int", _compare),
    )),
    ("semver", "(string) kubernetes.Semver", parse_semver),
    ("semver", "(string, bool) kubernetes.Semver", parse_semver),
    ("isSemver", "(string) bool", _holds(parse_semver)),
    ("isSemver", "(string, bool) bool", _holds(parse_semver)),
    ("major", "kubernetes.Semver.() int", lambda value: value.data[0]),
    ("minor", "kubernetes.Semver.() int", lambda value: value.data[1]),
    ("patch", "kubernetes.Semver.() int", lambda value: value.data[2]),
]  # fmt: skip
