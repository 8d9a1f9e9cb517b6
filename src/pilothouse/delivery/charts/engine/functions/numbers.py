"""sprig's arithmetic: integers wrap like Go's int64, the f-variants calculate in decimal."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import parse_integer, to_float, to_int, wrap_int64
from pilothouse.delivery.charts.engine.values.kinds import Int64

_DECIMAL = Context(prec=400, Emax=999999, Emin=-999999)
_DIVIDE_BY_ZERO = "runtime error: integer divide by zero"


def _int64(value: int) -> Int64:
    return Int64(wrap_int64(value))


def _add(*values: Any) -> Int64:
    return _int64(sum(to_int(v) for v in values))


def _mul(first: Any, *others: Any) -> Int64:
    product = to_int(first)
    for other in others:
        product = wrap_int64(product * to_int(other))
    return Int64(product)


def _truncated(a: Any, b: Any) -> tuple[int, int]:
    x, y = to_int(a), to_int(b)
    if y == 0:
        raise FunctionError(_DIVIDE_BY_ZERO)
    quotient = abs(x) // abs(y)
    quotient = -quotient if (x < 0) != (y < 0) else quotient
    return quotient, x - quotient * y


def _decimal(value: Any) -> Decimal:
    number = to_float(value)
    if math.isnan(number) or math.isinf(number):
        raise FunctionError(f"Cannot create a Decimal from {'NaN' if math.isnan(number) else '+Inf' if number > 0 else '-Inf'}")
    return Decimal(repr(number))


def _fold(first: Any, others: tuple[Any, ...], operation: str) -> float:
    total = _decimal(first)
    for other in others:
        value = _decimal(other)
        if operation == "add":
            total = _DECIMAL.add(total, value)
        elif operation == "sub":
            total = _DECIMAL.subtract(total, value)
        elif operation == "mul":
            total = _DECIMAL.multiply(total, value)
        else:
            if not value:
                raise FunctionError("decimal division by 0")
            total = _DECIMAL.divide(total, value).quantize(Decimal(1).scaleb(-16), ROUND_HALF_UP, _DECIMAL)
    return float(total)


def _addf(*values: Any) -> float:
    return _fold(0.0, values, "add")


def _round(value: Any, places: int, *cut: float) -> float:
    number = to_float(value)
    if math.isnan(number) or math.isinf(number):
        return number
    limit = cut[0] if cut else 0.5
    power = math.pow(10, places)
    digit = power * number
    fraction = math.modf(digit)[0]
    if number >= 0:
        rounded = math.ceil(digit) if fraction >= limit else math.floor(digit)
    else:
        rounded = math.floor(digit) if -fraction >= limit else math.ceil(digit)
    return rounded / power


def _whole(value: float, operation: Any) -> float:
    return value if math.isnan(value) or math.isinf(value) else float(operation(value))


def _octal(value: Any) -> Int64:
    text = str(int(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
    if not text.lstrip("+-").isdigit() or set(text) & set("89"):
        return Int64(0)
    return _int64(int(text, 8))


def _atoi(text: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return 0
    return max(-(1 << 63), min((1 << 63) - 1, int(text)))


def _int(value: Any) -> int:
    return int(to_int(value))


TABLE = (
    ("atoi", "string -> int", _atoi),
    ("int", "any -> int", _int),
    ("int64", "any -> int64", lambda v: Int64(to_int(v))),
    ("float64", "any -> float64", to_float),
    ("toDecimal", "any -> int64", _octal),
    ("add", "...any -> int64", _add),
    ("add1", "any -> int64", lambda v: _int64(to_int(v) + 1)),
    ("sub", "any, any -> int64", lambda a, b: _int64(to_int(a) - to_int(b))),
    ("mul", "any, ...any -> int64", _mul),
    ("div", "any, any -> int64", lambda a, b: _int64(_truncated(a, b)[0])),
    ("mod", "any, any -> int64", lambda a, b: _int64(_truncated(a, b)[1])),
    ("max", "any, ...any -> int64", lambda *v: Int64(max(to_int(x) for x in v))),
    ("min", "any, ...any -> int64", lambda *v: Int64(min(to_int(x) for x in v))),
    ("biggest", "any, ...any -> int64", lambda *v: Int64(max(to_int(x) for x in v))),
    ("maxf", "any, ...any -> float64", lambda *v: max(to_float(x) for x in v)),
    ("minf", "any, ...any -> float64", lambda *v: min(to_float(x) for x in v)),
    ("addf", "...any -> float64", _addf),
    ("add1f", "any -> float64", lambda v: _fold(v, (1.0,), "add")),
    ("subf", "any, ...any -> float64", lambda a, *v: _fold(a, v, "sub")),
    ("mulf", "any, ...any -> float64", lambda a, *v: _fold(a, v, "mul")),
    ("divf", "any, ...any -> float64", lambda a, *v: _fold(a, v, "div")),
    ("ceil", "any -> float64", lambda v: _whole(to_float(v), math.ceil)),
    ("floor", "any -> float64", lambda v: _whole(to_float(v), math.floor)),
    ("round", "any, int, ...float64 -> float64", _round),
)
__all__ = ["TABLE", "parse_integer"]
