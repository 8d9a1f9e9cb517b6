"""One finding about one field, and how it is worded.

Validators return lists of `FieldError`; the API server turns them into a Status. Wording and reasons are those of the reference
server, because clients show and match them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import orjson

_WORDS = {
    "FieldValueRequired": "Required value",
    "FieldValueInvalid": "Invalid value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueNotFound": "Not found",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueForbidden": "Forbidden",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
    "FieldValueTypeInvalid": "Invalid value",
    "InternalError": "Internal error",
}
_PLAIN = frozenset(("FieldValueRequired", "FieldValueForbidden", "FieldValueTooLong", "InternalError"))


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a"})


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with the value at `path`."""

    path: str
    reason: str
    """The cause reason, for example FieldValueInvalid."""
    value: Any = None
    detail: str = ""

    def text(self) -> str:
        """Return the message without the path."""
        words = _WORDS[self.reason]
        if self.reason in _PLAIN:
            return f"{words}: {self.detail}" if self.detail else words
        value = show(self.value)
        shown = f"{words}: {value}" if value else words
        return f"{shown}: {self.detail}" if self.detail else shown


class Verbatim(str):
    """A value that messages show as it is, without quotes; an empty one is left out."""

    __slots__ = ()


def show(value: Any) -> str:
    """Return a value as messages print it: text quoted, the rest as JSON."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, float):
        return go_float(value)
    return orjson.dumps(value).decode()


def go_float(value: float) -> str:
    """Return a number as Go prints it: its shortest digits, with an exponent from a million on and below a ten-thousandth."""
    sign, digits, point = Decimal(repr(float(value))).normalize().as_tuple()
    if not isinstance(point, int):
        return repr(value)
    text = "".join(map(str, digits))
    power = len(text) - 1 + point
    if value and not -5 < power < 6:
        mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
        shown = f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02}"
    elif point >= 0:
        shown = text + "0" * point
    else:
        text = text.rjust(1 - point, "0")
        shown = f"{text[:point]}.{text[point:]}"
    return f"-{shown}" if sign else shown


def quote(text: str) -> str:
    """Return text in double quotes, escaped like Go's %q."""
    return f'"{text.translate(_ESCAPES)}"'


def required(path: str, detail: str = "") -> FieldError:
    """A value is missing."""
    return FieldError(path, "FieldValueRequired", None, detail)


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """A value breaks a rule."""
    return FieldError(path, "FieldValueInvalid", value, detail)


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    """A value has the wrong type."""
    return FieldError(path, "FieldValueTypeInvalid", value, detail)


def unsupported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """A value is none of those allowed."""
    return FieldError(path, "FieldValueNotSupported", value, "supported values: " + ", ".join(quote(item) for item in supported))


def duplicate(path: str, value: Any) -> FieldError:
    """A value appears twice where it must be unique."""
    return FieldError(path, "FieldValueDuplicate", value)


def forbidden(path: str, detail: str) -> FieldError:
    """A value may not be set here."""
    return FieldError(path, "FieldValueForbidden", None, detail)


def not_found(path: str, value: Any) -> FieldError:
    """A value refers to something that is not there."""
    return FieldError(path, "FieldValueNotFound", value)


def too_long(path: str, limit: int) -> FieldError:
    """A value has more bytes than allowed."""
    return FieldError(path, "FieldValueTooLong", None, f"may not be more than {limit} byte{'s' * (limit != 1)}")


def too_many(path: str, count: int, limit: int) -> FieldError:
    """A list has more items than allowed."""
    return FieldError(path, "FieldValueTooMany", count, f"must have at most {limit} item{'s' * (limit != 1)}")
