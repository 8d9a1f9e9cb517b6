"""sprig's date functions: Go layouts, durations and time zones.

The present is a value passed in. Zones come from the operating system's database through `zoneinfo`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import to_int
from pilothouse.delivery.charts.engine.functions.dates.layouts import format_time, parse_time
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, GoInt, GoObject, Int64, signature
from pilothouse.delivery.charts.engine.values.quote import go_quote

_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_YEAR_SECONDS = 31536000


class Duration(GoInt):
    """Go time.Duration: nanoseconds."""

    go_type = "time.Duration"
    go_kind = "int64"

    def go_string(self) -> str:
        """Return the usual text, such as 1h0m0s."""
        return duration_text(int(self))


class Time(GoObject):
    """Go time.Time: an aware datetime plus the nanoseconds below its microsecond."""

    go_type = "time.Time"

    def __init__(self, moment: datetime, nanos: int = 0) -> None:
        self.moment = moment
        self.nanos = nanos

    def go_string(self) -> str:
        """Return Go's default text of a time."""
        return format_time(self.moment, "2006-01-02 15:04:05.999999999 -0700 MST", self.nanos)

    def go_json(self) -> str:
        """Return RFC 3339."""
        return format_time(self.moment, "2006-01-02T15:04:05.999999999Z07:00", self.nanos)

    def _since(self) -> int:
        return int((self.moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() // 1)

    def go_methods(self) -> Mapping[str, GoFunction]:
        """Return the methods templates may call."""
        moment = self.moment
        return {
            "Format": signature("Format", "string -> string", lambda layout: format_time(moment, layout, self.nanos)),
            "Unix": signature("Unix", " -> int64", lambda: Int64(self._since())),
            "Year": signature("Year", " -> int", lambda: moment.year),
            "Month": signature("Month", " -> ", lambda: moment.month),
            "Day": signature("Day", " -> int", lambda: moment.day),
            "Hour": signature("Hour", " -> int", lambda: moment.hour),
            "Minute": signature("Minute", " -> int", lambda: moment.minute),
            "Second": signature("Second", " -> int", lambda: moment.second),
            "YearDay": signature("YearDay", " -> int", lambda: moment.timetuple().tm_yday),
            "UTC": signature("UTC", " -> ", lambda: Time(moment.astimezone(UTC), self.nanos)),
            "String": signature("String", " -> string", self.go_string),
            "IsZero": signature("IsZero", " -> bool", lambda: moment == _ZERO),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and (other.moment, other.nanos) == (self.moment, self.nanos)

    def __hash__(self) -> int:
        return hash(self.moment)


_ZERO = datetime(1, 1, 1, tzinfo=UTC)


def duration_text(nanos: int) -> str:
    """Write a duration as Go does."""
    sign, size = ("-", -nanos) if nanos < 0 else ("", nanos)
    if size == 0:
        return "0s"
    if size < 10**9:
        for unit, scale in (("ms", 10**6), ("µs", 1000), ("ns", 1)):
            if size >= scale:
                return f"{sign}{_decimal(size, scale)}{unit}"
    minutes, rest = divmod(size, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    out = _decimal(rest, 10**9) + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{out}"
    return f"{sign}{minutes}m{out}" if minutes else sign + out


def _decimal(value: int, scale: int) -> str:
    whole, part = divmod(value, scale)
    digits = str(part).rjust(len(str(scale)) - 1, "0").rstrip("0") if scale > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse_duration(text: str) -> int:
    """Read a Go duration in nanoseconds; raises FunctionError with Go's wording."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total, at = 0, 0
    while at < len(rest):
        match = _PART.match(rest, at)
        if match is None or not (match.group(1) or match.group(2)):
            raise FunctionError(_duration_problem(text, rest[at:]))
        scale = _UNITS[match.group(3)]
        total += int(match.group(1) or "0") * scale
        if match.group(2):
            total += int(match.group(2)) * scale // 10 ** len(match.group(2))
        at = match.end()
    if not rest or total >= 1 << 63:
        raise FunctionError(f"time: invalid duration {go_quote(text)}")
    return -total if text[0] == "-" else total


def _duration_problem(text: str, rest: str) -> str:
    unit = re.match(r"[0-9]*\.?[0-9]+([^0-9.]*)", rest)
    if unit is None:
        return f"time: invalid duration {go_quote(text)}"
    if unit.group(1):
        return f"time: unknown unit {go_quote(unit.group(1))} in duration {go_quote(text)}"
    return f"time: missing unit in duration {go_quote(text)}"


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC", "Local"):
        return UTC
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _moment(value: Any, now_s: float) -> datetime:
    if isinstance(value, Time):
        return value.moment
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = int(value) if type(value) in (int, Int64) or type(value).__name__ == "Int32" else None
        if seconds is not None:
            try:
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
            except OverflowError:
                raise FunctionError("time is out of range") from None
    return datetime.fromtimestamp(now_s, UTC)


def _duration(value: Any) -> str:
    if isinstance(value, str):
        seconds = to_int(value)
    elif isinstance(value, int) and type(value) is Int64:
        seconds = int(value)
    else:
        seconds = 0
    return duration_text(seconds * 10**9)


def _nanos_of(value: Any, now_s: float) -> int:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except FunctionError:
            return 0
    if isinstance(value, Int64):
        return int(value)
    if isinstance(value, Time):
        return int((now_s - value.moment.timestamp()) * 10**9)
    return 0


def _round_duration(nanos: int) -> str:
    seconds, sign = abs(nanos) // 10**9, "-" if nanos < 0 else ""
    steps = ((_YEAR_SECONDS, "y"), (2592000, "mo"), (86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
    for size, unit in steps:
        if seconds > size:
            return f"{sign}{seconds // size}{unit}"
        if seconds == size:
            return f"{sign}1{unit}"
    return "0s"


def _parse(layout: str, text: str) -> Time:
    return Time(parse_time(layout, text, UTC))


def _to_date(layout: str, text: str) -> Time:
    try:
        return _parse(layout, text)
    except FunctionError:
        return Time(_ZERO)


def _modify(change: str, when: Time) -> Time:
    nanos = parse_duration(change)
    try:
        micros, rest = divmod(when.nanos + nanos, 1000)
        return Time(when.moment + timedelta(microseconds=micros), rest)
    except OverflowError:
        raise FunctionError("time is out of range") from None


def _modify_quietly(change: str, when: Time) -> Time:
    try:
        return _modify(change, when)
    except FunctionError:
        return when


def fixed_zone(offset_s: int, name: str = "") -> tzinfo:
    """Return a zone with a fixed offset in seconds."""
    delta = timedelta(seconds=offset_s)
    return timezone(delta, name) if name else timezone(delta)


def table(now_s: float) -> tuple[tuple[str, str, Any], ...]:
    """Return the date functions at the time `now_s`."""

    def in_zone(layout: str, value: Any, zone: str) -> str:
        nanos = value.nanos if isinstance(value, Time) else 0
        return format_time(_moment(value, now_s).astimezone(_zone(zone)), layout, nanos)

    def ago(value: Any) -> str:
        if isinstance(value, (Time, Int64)) or type(value) is int:
            seconds = now_s - _moment(value, now_s).timestamp()
        else:
            seconds = 0
        return duration_text(round(seconds) * 10**9)

    def date(layout: str, value: Any) -> str:
        return in_zone(layout, value, "Local")

    return (
        ("now", " -> time.Time", lambda: Time(datetime.fromtimestamp(now_s, UTC))),
        ("date", "string, any -> string", date),
        ("dateInZone", "string, any, string -> string", in_zone),
        ("date_in_zone", "string, any, string -> string", in_zone),
        ("htmlDate", "any -> string", lambda v: date("2006-01-02", v)),
        ("htmlDateInZone", "any, string -> string", lambda v, zone: in_zone("2006-01-02", v, zone)),
        ("ago", "any -> string", ago),
        ("unixEpoch", "time.Time -> string", lambda t: str(t._since())),
        ("duration", "any -> string", _duration),
        ("durationRound", "any -> string", lambda v: _round_duration(_nanos_of(v, now_s))),
        ("toDate", "string, string -> time.Time", _to_date),
        ("mustToDate", "string, string -> time.Time", _parse),
        ("dateModify", "string, time.Time -> time.Time", _modify_quietly),
        ("date_modify", "string, time.Time -> time.Time", _modify_quietly),
        ("mustDateModify", "string, time.Time -> time.Time", _modify),
        ("must_date_modify", "string, time.Time -> time.Time", _modify),
    )
