"""`"%d of %s".format([1, "x"])`: the format clauses of the strings extension."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pilothouse.api.cel.library.conversions import show_any
from pilothouse.api.cel.values import MAX_SIZE, TOO_EXPENSIVE, CostExceeded, Duration, EvalError, Timestamp, UInt

_CLAUSE = re.compile(r"%(?:%|(?:\.(\d{1,3}))?([a-zA-Z]))|%")
MAX_PRECISION = 100


def format_text(template: str, values: list[Any]) -> str:
    """Return a template with its clauses replaced by values; raises `EvalError`."""
    rest = iter(values)
    index = size = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal index, size
        if match.group() == "%%":
            return "%"
        clause = _CLAUSES.get(match[2] or "")
        if clause is None:
            raise EvalError(
                f'error during formatting: could not parse formatting clause: unrecognized formatting clause "{match[2]}"'
            )
        try:
            value = next(rest)
        except StopIteration:
            raise EvalError(f"index {index} out of range") from None
        index += 1
        precision = 6 if match[1] is None else int(match[1])
        if precision > MAX_PRECISION:
            raise EvalError(f"error during formatting: precision of more than {MAX_PRECISION} digits is not supported")
        shown = clause(value, precision)
        size += len(shown)
        if size > MAX_SIZE:
            raise CostExceeded(TOO_EXPENSIVE)
        return shown

    return _CLAUSE.sub(replace, template)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, (bool, Duration, Timestamp))


def _wrong(clause: str, value: Any) -> EvalError:
    return EvalError(f"error during formatting: {clause} clause cannot be used on {type(value).__name__}")


def _decimal(value: Any, _: int) -> str:
    if _is_integer(value):
        return str(int(value))
    if isinstance(value, float) and value != value:
        return "NaN"
    raise _wrong("decimal", value)


def _fixed(value: Any, precision: int) -> str:
    if not isinstance(value, float) and not _is_integer(value):
        raise _wrong("fixed-point", value)
    return f"{float(value):.{precision}f}"


def _scientific(value: Any, precision: int) -> str:
    if not isinstance(value, float) and not _is_integer(value):
        raise _wrong("scientific", value)
    return f"{float(value):.{precision}e}"


def _radix(letter: str, name: str) -> Callable[[Any, int], str]:
    def run(value: Any, _: int) -> str:
        if isinstance(value, bool) and letter == "b":
            return str(int(value))
        if not _is_integer(value):
            raise _wrong(name, value)
        return f"{int(value):{letter}}"

    return run


def _hex(letter: str) -> Callable[[Any, int], str]:
    number = _radix(letter, "hexadecimal")

    def run(value: Any, precision: int) -> str:
        if isinstance(value, (str, bytes)):
            shown = (value.encode() if isinstance(value, str) else value).hex()
            return shown.upper() if letter == "X" else shown
        return number(UInt(value) if isinstance(value, UInt) else value, precision)

    return run


_CLAUSES: dict[str, Callable[[Any, int], str]] = {
    "s": lambda value, _: show_any(value), "d": _decimal, "f": _fixed, "e": _scientific,
    "b": _radix("b", "binary"), "o": _radix("o", "octal"), "x": _hex("x"), "X": _hex("X"),
}  # fmt: skip
