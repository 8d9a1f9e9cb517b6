"""Text forms of floating-point numbers exactly as Go writes them (strconv.FormatFloat).

Used by printf, JSON and YAML; Python's shortest digits are the same digits Go finds, only the layout differs.
"""

from __future__ import annotations

import math


def shortest_digits(value: float) -> tuple[str, int]:
    """Return the shortest decimal digits of a positive finite number and the position of its decimal point."""
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + (int(exponent) if exponent else 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return (stripped, point) if stripped else ("0", 1)


def _exponent(exp: int) -> str:
    return f"e{'-' if exp < 0 else '+'}{abs(exp):02d}"


def _layout(digits: str, point: int, style: str) -> str:
    if style == "e":
        tail = "." + digits[1:] if len(digits) > 1 else ""
        return digits[0] + tail + _exponent(point - 1)
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]


def special(value: float) -> str | None:
    """Return the text of NaN and the infinities, None for ordinary numbers."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return None


def format_shortest(value: float, low: int = -4, high: int = 6) -> str:
    """Write `value` with the fewest digits; exponents below `low` or from `high` on use the e form."""
    if value and -1e6 < value < 1e6 and value == (whole := int(value)):
        return str(whole)  # most numbers are like this, and no style writes them otherwise
    odd = special(value)
    if odd is not None:
        return odd
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return sign + "0"
    digits, point = shortest_digits(abs(value))
    exp = point - 1
    return sign + _layout(digits, point, "e" if exp < low or exp >= high else "f")


def json_number(value: float) -> str | None:
    """Write a number as encoding/json does; None for NaN and the infinities."""
    if special(value) is not None:
        return None
    text = format_shortest(value, low=-6, high=21)
    return text.replace("e-0", "e-") if "e-0" in text else text


def format_float(value: float, verb: str, precision: int | None, *, keep_zeros: bool = False) -> str:
    """Write a number for the verbs e, E, f, F, g, G, x, X and b; the sign is only there when negative."""
    odd = special(value)
    if odd is not None:
        return odd
    lower = verb.lower()
    if lower == "e":
        text = f"{value:.{6 if precision is None else precision}e}"
    elif lower == "f":
        text = f"{value:.{6 if precision is None else precision}f}"
    elif lower == "g":
        text = _general(value, precision, keep_zeros)
    elif lower == "x":
        text = _hexadecimal(value, precision, keep_zeros=keep_zeros)
    else:
        text = _binary(value)
    return text.upper() if verb.isupper() else text


def _general(value: float, precision: int | None, keep_zeros: bool) -> str:
    if precision is None:
        text = format_shortest(value)
        if keep_zeros and "e" not in text:
            digits = len(text.replace(".", "").replace("-", "").lstrip("0"))
            if "." not in text:
                text += "."
            text += "0" * max(0, 6 - digits)
        return text
    return f"{value:{'#' if keep_zeros else ''}.{precision or 1}g}"


def _hexadecimal(value: float, precision: int | None, *, keep_zeros: bool = False) -> str:
    """Write the hexadecimal form; `keep_zeros` fills it up to six digits, of which Go counts the x as one."""
    if keep_zeros and precision is None:
        head, _, tail = _hexadecimal(value, None).partition("p")
        head = head if "." in head else head + "."
        missing = 6 - len(head.lstrip("-").replace(".", "").lstrip("0"))
        return f"{head}{'0' * max(0, missing)}p{tail}"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        tail = "." + "0" * precision if precision else ""
        return f"{sign}0x0{tail}p+00"
    mantissa, exp = math.frexp(abs(value))
    bits, exp = int(mantissa * (1 << 53)), exp - 1
    fraction = bits & ((1 << 52) - 1)
    text = f"{fraction:013x}"
    lead = 1
    if precision is None:
        text = text.rstrip("0")
    elif precision < 13:
        keep = 4 * precision
        rounded = round(bits / (1 << (52 - keep)))
        lead, fraction = rounded >> keep, rounded & ((1 << keep) - 1)
        if lead > 1:
            lead, exp = 1, exp + 1
        text = f"{fraction:0{precision}x}" if precision else ""
    else:
        text = text.ljust(precision, "0")
    point = "." + text if text else ""
    return f"{sign}0x{lead}{point}p{'-' if exp < 0 else '+'}{abs(exp):02d}"


def _binary(value: float) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return f"{sign}0p-1074"
    mantissa, exp = math.frexp(abs(value))
    exp -= 53
    return f"{sign}{int(mantissa * (1 << 53))}p{'-' if exp < 0 else '+'}{abs(exp)}"
