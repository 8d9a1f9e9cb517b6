"""Schedules of CronJobs: five fields or a macro, checked with the messages of the reference parser."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

_MACROS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_FIELDS = ((0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
           (0, 6, "sun mon tue wed thu fri sat"))  # fmt: skip
_NUMBER = re.compile("[+-]?[0-9]+")
_DURATION = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LEADING = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([^0-9.]*)")


class _WrongPart(ValueError):
    """What is wrong with a part of a schedule."""


def schedule_problem(text: str) -> str:
    """Return what keeps a text from being a schedule; empty when nothing does."""
    if text.startswith(("TZ=", "CRON_TZ=")):
        zone, found, rest = text.partition("=")[2].partition(" ")
        if not found:
            return "invalid schedule format: runtime error: slice bounds out of range [:-1]"
        if zone not in ("", "UTC", "Local") and zone not in available_timezones():
            return f"provided bad location {zone}: unknown time zone {zone}"
        text = rest.strip()
    if text.startswith("@"):
        return _macro_problem(text)
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
    try:
        for field, (low, high, words) in zip(fields, _FIELDS):
            for part in field.split(","):
                if part:
                    _check_part(part, low, high, words.split())
    except _WrongPart as error:
        return str(error)
    return ""


def _macro_problem(text: str) -> str:
    if text in _MACROS:
        return ""
    if not text.startswith("@every "):
        return f"unrecognized descriptor: {text}"
    duration = text.removeprefix("@every ")
    problem = _duration_problem(duration)
    return f'failed to parse duration {text}: time: {problem} "{duration}"' if problem else ""


def _duration_problem(text: str) -> str:
    rest = text.lstrip("+-") if text[:1] in "+-" else text
    if rest == "0":
        return ""
    while rest:
        found = _LEADING.match(rest)
        if found is None:
            return "invalid duration"
        if not found[2]:
            return "missing unit in duration"
        if not _DURATION.fullmatch(found[0]):
            return f'unknown unit "{found[2]}" in duration'
        rest = rest[found.end() :]
    return "" if text.lstrip("+-") else "invalid duration"


def _check_part(text: str, low: int, high: int, words: list[str]) -> None:
    span, *steps = text.split("/")
    ends = span.split("-")
    if ends[0] in ("*", "?"):
        first, last = low, high
    else:
        first = _number_or_name(ends[0], low, words)
        if len(ends) > 2:
            raise _WrongPart(f"too many hyphens: {text}")
        last = _number_or_name(ends[1], low, words) if len(ends) == 2 else first
    step = 1
    if len(steps) > 1:
        raise _WrongPart(f"too many slashes: {text}")
    if steps:
        step = _number(steps[0])
        last = high if len(ends) == 1 else last
    _check_range(text, (first, last, step), low, high)


def _number_or_name(text: str, low: int, words: list[str]) -> int:
    return words.index(text.lower()) + low if text.lower() in words else _number(text)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _WrongPart(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise _WrongPart(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": value out of range')
    if int(text) < 0:
        raise _WrongPart(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)


def _check_range(text: str, values: tuple[int, int, int], low: int, high: int) -> None:
    first, last, step = values
    if first < low:
        raise _WrongPart(f"beginning of range ({first}) below minimum ({low}): {text}")
    if last > high:
        raise _WrongPart(f"end of range ({last}) above maximum ({high}): {text}")
    if first > last:
        raise _WrongPart(f"beginning of range ({first}) beyond end of range ({last}): {text}")
    if not step:
        raise _WrongPart(f"step of range should be a positive number: {text}")
