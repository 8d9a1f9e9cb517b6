"""Points and spans of time: reading, writing and their parts.

Source: RFC 3339 for timestamps, Go's notation for durations (`1h30m`), the CEL definition for the accessors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from pilothouse.api.cel.functions import Row
from pilothouse.api.cel.values import NANOS, Duration, EvalError, Timestamp, int64

_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": NANOS, "m": 60 * NANOS, "h": 3600 * NANOS}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_DURATION = re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))")
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)")
_EPOCH = date(1970, 1, 1).toordinal()
MAX_LENGTH = 128


def parse_duration(text: str) -> Duration:
    """Return a duration written like `1h30m`; raises `EvalError`."""
    if len(text) > MAX_LENGTH or not _DURATION.fullmatch(text):
        raise EvalError(f'time: invalid duration "{text[:MAX_LENGTH]}"')
    total = 0
    for number, unit in _PART.findall(text):
        whole, _, fraction = number.partition(".")
        scale = _UNITS[unit]
        total += int(whole or 0) * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)
    return Duration(int64(-total if text[0] == "-" else total))


def parse_timestamp(text: str) -> Timestamp:
    """Return a time written as RFC 3339; raises `EvalError`."""
    match = _TIME.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return Timestamp(_nanos(match))
    except ValueError:
        shown = text[:MAX_LENGTH]
        why = f'parsing time "{shown}" as "2006-01-02T15:04:05Z07:00": cannot parse "{shown}" as "2006"'
        raise EvalError(why) from None


def _nanos(match: re.Match[str]) -> int:
    year, month, day, hour, minute, second = (int(match[index]) for index in range(1, 7))
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError
    seconds = (date(year, month, day).toordinal() - _EPOCH) * 86400 + hour * 3600 + minute * 60 + second
    if match[8]:
        shift = int(match[9]) * 3600 + int(match[10]) * 60
        seconds += shift if match[8] == "-" else -shift
    return seconds * NANOS + int((match[7] or "0")[:9].ljust(9, "0"))


def parse_date(text: str) -> Timestamp:
    """Return the start of a day in UTC; raises `EvalError`."""
    return parse_timestamp(f"{text}T00:00:00Z")


def format_duration(value: int) -> str:
    """Return seconds with a unit: `90s`, `1.5s`."""
    sign, amount = ("-", -value) if value < 0 else ("", int(value))
    whole, rest = divmod(amount, NANOS)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{fraction}s"


def format_timestamp(value: int) -> str:
    """Return a time as RFC 3339 in UTC, with as much of the second as it has."""
    whole, rest = divmod(int(value), NANOS)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    moment = _moment(whole, UTC)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}{fraction}Z"


def _moment(seconds: int, zone: tzinfo) -> datetime:
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(zone)
    except OverflowError:
        raise EvalError("timestamp overflow") from None


def _zone(name: str) -> tzinfo:
    match = _OFFSET.fullmatch(name)
    if match is not None:
        shift = timedelta(hours=int(match[2]), minutes=int(match[3]))
        try:
            return timezone(-shift if match[1] == "-" else shift)
        except ValueError:
            raise EvalError(f"unknown time zone {name}") from None
    from zoneinfo import ZoneInfo  # its data is read only by expressions that name a place

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise EvalError(f"unknown time zone {name}") from None


def _part(read: Callable[[datetime], int]) -> tuple[Callable[[Any], int], Callable[[Any, str], int]]:
    """Return the accessor of a part in UTC and the one in a named zone."""
    return (
        lambda value: read(_moment(int(value) // NANOS, UTC)),
        lambda value, zone: read(_moment(int(value) // NANOS, _zone(zone))),
    )


def _spans(unit: int) -> Callable[[Any], int]:
    """Return the accessor of whole units, rounded towards zero."""
    return lambda value: int(value) // unit if value >= 0 else -(-int(value) // unit)


_PARTS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda moment: moment.year,
    "getMonth": lambda moment: moment.month - 1,
    "getDayOfYear": lambda moment: moment.timetuple().tm_yday - 1,
    "getDayOfMonth": lambda moment: moment.day - 1,
    "getDate": lambda moment: moment.day,
    "getDayOfWeek": lambda moment: moment.isoweekday() % 7,
    "getHours": lambda moment: moment.hour,
    "getMinutes": lambda moment: moment.minute,
    "getSeconds": lambda moment: moment.second,
}


def _rows() -> list[Row]:
    out: list[Row] = []
    for name, read in _PARTS.items():
        plain, zoned = _part(read)
        out += [(name, "timestamp.() int", plain), (name, "timestamp.(string) int", zoned)]
    return out


ROWS: list[Row] = [
    *_rows(),
    ("getMilliseconds", "timestamp.() int", lambda value: int(value) % NANOS // 10**6),
    ("getMilliseconds", "timestamp.(string) int", lambda value, zone: int(value) % NANOS // 10**6),
    ("getHours", "duration.() int", _spans(3600 * NANOS)),
    ("getMinutes", "duration.() int", _spans(60 * NANOS)),
    ("getSeconds", "duration.() int", _spans(NANOS)),
    ("getMilliseconds", "duration.() int", lambda value: _spans(10**6)(value) % 1000),
]
