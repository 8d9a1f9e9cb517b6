"""Go time layouts: formatting and parsing by example of Mon Jan 2 15:04:05 MST 2006."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone, tzinfo

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.values.quote import go_quote

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ELEMENT = re.compile(
    r"January|Jan(?![a-z])|Jan|Monday|Mon|MST|002|01|02|03|04|05|06|2006|15|_2006|__2|_2|1|2|3|4|5|PM|pm"
    r"|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?![0-9])|[.,]9+(?![0-9])"
)


def _offset(moment: datetime) -> int:
    delta = moment.utcoffset()
    return int(delta.total_seconds()) if delta is not None else 0


def _zone_offset(moment: datetime, element: str) -> str:
    seconds = _offset(moment)
    if element[0] == "Z" and seconds == 0:
        return "Z"
    sign, size = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(size, 3600)
    minutes, left = divmod(rest, 60)
    colon = ":" if ":" in element else ""
    out = f"{sign}{hours:02d}"
    if len(element) > 3:
        out += f"{colon}{minutes:02d}"
    if len(element.replace(":", "")) > 5:
        out += f"{colon}{left:02d}"
    return out


def _zone_name(moment: datetime) -> str:
    name = moment.tzname() or ""
    if not name or (name.startswith("UTC") and len(name) > 3):
        return _zone_offset(moment, "-07" if _offset(moment) % 3600 == 0 else "-0700")
    return name


def _fraction(moment: datetime, element: str, nanos: int) -> str:
    digits = f"{moment.microsecond:06d}{nanos:03d}"
    count = len(element) - 1
    if element[1] == "0":
        return element[0] + digits[:count].ljust(count, "0")
    cut = digits[:count].rstrip("0")
    return element[0] + cut if cut else ""


def _clock(moment: datetime, element: str) -> str | None:
    hour12 = moment.hour % 12 or 12
    values = {
        "15": f"{moment.hour:02d}",
        "3": str(hour12),
        "03": f"{hour12:02d}",
        "4": str(moment.minute),
        "04": f"{moment.minute:02d}",
        "5": str(moment.second),
        "05": f"{moment.second:02d}",
        "PM": "PM" if moment.hour >= 12 else "AM",
        "pm": "pm" if moment.hour >= 12 else "am",
    }
    return values.get(element)


def _calendar(moment: datetime, element: str) -> str | None:
    yday = moment.timetuple().tm_yday
    values = {
        "2006": f"{moment.year:04d}",
        "_2006": f"_{moment.year:04d}",
        "06": f"{moment.year % 100:02d}",
        "January": _MONTHS[moment.month - 1],
        "Jan": _MONTHS[moment.month - 1][:3],
        "1": str(moment.month),
        "01": f"{moment.month:02d}",
        "Monday": _DAYS[moment.weekday()],
        "Mon": _DAYS[moment.weekday()][:3],
        "2": str(moment.day),
        "_2": f"{moment.day:2d}",
        "02": f"{moment.day:02d}",
        "__2": f"{yday:3d}",
        "002": f"{yday:03d}",
    }
    return values.get(element)


def format_time(moment: datetime, layout: str, nanos: int = 0) -> str:
    """Format an aware datetime, and the nanoseconds below its microsecond, by a Go layout."""

    def piece(match: re.Match[str]) -> str:
        element = match.group()
        known = _clock(moment, element) or _calendar(moment, element)
        if known is not None:
            return known
        if element[0] in ".,":
            return _fraction(moment, element, nanos)
        if element == "MST":
            return _zone_name(moment)
        return _zone_offset(moment, element)

    return _ELEMENT.sub(piece, layout)


_PATTERNS = {
    "2006": r"\d{4}", "06": r"\d\d", "January": "|".join(_MONTHS), "Jan": "|".join(m[:3] for m in _MONTHS),
    "1": r"\d\d?", "01": r"\d\d", "Monday": "|".join(_DAYS), "Mon": "|".join(d[:3] for d in _DAYS),
    "2": r"\d\d?", "_2": r"[ ]?\d\d?", "02": r"\d\d", "__2": r"[ ]{0,2}\d{1,3}", "002": r"\d{3}",
    "15": r"\d\d?", "3": r"\d\d?", "03": r"\d\d?", "4": r"\d\d?", "04": r"\d\d", "5": r"\d\d?", "05": r"\d\d",
    "PM": "AM|PM", "pm": "am|pm", "MST": r"[A-Z]{3,5}(?:[+-]\d+)?|[+-]\d\d(?:\d\d)?",
}  # fmt: skip


def _pattern(element: str) -> str:
    if element in _PATTERNS:
        return _PATTERNS[element]
    if element[0] in ".,":
        return rf"[.,]\d{{{len(element) - 1}}}" if element[1] == "0" else r"(?:[.,]\d+)?"
    body = element.lstrip("Z-").replace("07", r"\d\d").replace("00", r"\d\d")
    return rf"(?:Z|[+-]{body})" if element[0] == "Z" else rf"[+-]{body}"


def _problem(layout: str, text: str, element: str, rest: str, extra: str = "") -> FunctionError:
    message = f"parsing time {go_quote(text)}"
    if extra:
        return FunctionError(message + extra)
    return FunctionError(f"{message} as {go_quote(layout)}: cannot parse {go_quote(rest)} as {go_quote(element)}")


def _match(layout: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at, last = 0, 0
    for match in _ELEMENT.finditer(layout):
        literal = layout[last : match.start()]
        if not text.startswith(literal, at):
            raise _problem(layout, text, literal, text[at:])
        at += len(literal)
        element = match.group()
        value = re.compile(_pattern(element), re.IGNORECASE).match(text, at)
        if value is None:
            raise _problem(layout, text, element, text[at:])
        found[element] = value.group()
        at = value.end()
        if element in ("05", "5") and (more := re.compile(r"[.,]\d+").match(text, at)):
            following = layout[match.end() : match.end() + 1]
            if following not in (".", ","):
                found[".9"] = more.group()
                at = more.end()
        last = match.end()
    literal = layout[last:]
    if not text.startswith(literal, at):
        raise _problem(layout, text, literal, text[at:])
    rest = text[at + len(literal) :]
    if rest:
        raise _problem(layout, text, "", "", f": extra text: {go_quote(rest)}")
    return found


def _number(found: dict[str, str], names: tuple[str, ...], default: int) -> int:
    return next((int(found[n]) for n in names if n in found), default)


def _zone(found: dict[str, str], default: tzinfo) -> tzinfo:
    for element, value in found.items():
        if element[:2] in ("Z0", "-0"):
            if value in ("Z", "z"):
                return default
            digits = value[1:].replace(":", "").ljust(6, "0")
            seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:6])
            seconds = -seconds if value[0] == "-" else seconds
            return timezone(timedelta(seconds=seconds)) if seconds else default
    name = found.get("MST")
    if name and name != "UTC" and name[0].isalpha():
        return timezone(timedelta(0), name)
    return default


def parse_time(layout: str, text: str, default: tzinfo) -> datetime:
    """Parse a text by a Go layout; raises FunctionError with Go's wording."""
    found = _match(layout, text)
    month = _number(found, ("01", "1"), 0)
    for name, length in (("January", None), ("Jan", 3)):
        if name in found:
            month = [m[:length].lower() for m in _MONTHS].index(found[name].lower()) + 1
    year = _number(found, ("2006",), 0)
    if "06" in found:
        short = int(found["06"])
        year = short + (1900 if short >= 69 else 2000)
    hour = _number(found, ("15", "03", "3"), 0)
    marker = (found.get("PM") or found.get("pm") or "").lower()
    if marker == "pm" and hour < 12:
        hour += 12
    elif marker == "am" and hour == 12:
        hour = 0
    fraction = next((v for e, v in found.items() if e[0] in ".," and v), ".0")
    micro = int(fraction[1:7].ljust(6, "0"))
    day = _number(found, ("02", "2", "_2"), 1)
    return _build(text, (year, month or 1, day, hour), found, micro, default)


def _build(text: str, date: tuple[int, int, int, int], found: dict[str, str], micro: int, default: tzinfo) -> datetime:
    year, month, day, hour = date
    minute, second = _number(found, ("04", "4"), 0), _number(found, ("05", "5"), 0)
    for name, value, limit in (("month", month, 12), ("hour", hour, 23), ("minute", minute, 59), ("second", second, 59)):
        if value > limit or (name == "month" and value < 1):
            raise FunctionError(f"parsing time {go_quote(text)}: {name} out of range")
    try:
        return datetime(max(year, 1), month, day, hour, minute, second, micro, tzinfo=_zone(found, default))
    except ValueError:
        raise FunctionError(f"parsing time {go_quote(text)}: day out of range") from None
