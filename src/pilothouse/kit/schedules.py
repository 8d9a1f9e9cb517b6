"""Cron lines: when does a schedule fire next? Pure.

Source: the crontab format; as in Vixie cron a moment matches if day of month or day of week matches when both are restricted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pilothouse.kit.errors import Invalid

_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_MONTHS = dict(zip(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), range(1, 13)))
_DAYS = dict(zip(("sun", "mon", "tue", "wed", "thu", "fri", "sat"), range(7)))
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}), ("hour", 0, 23, {}), ("day of month", 1, 31, {}), ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)  # fmt: skip
HORIZON_DAYS = 1830


class InvalidSchedule(Invalid):
    """A cron line that cannot be read, with the field."""

    reason = "InvalidSchedule"


class Schedule(msgspec.Struct, frozen=True):
    """A parsed cron line."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_any_day: bool
    is_any_weekday: bool
    zone: tzinfo = UTC

    def _matches_day(self, moment: datetime) -> bool:
        by_day = moment.day in self.days
        by_weekday = (moment.weekday() + 1) % 7 in self.weekdays
        if self.is_any_day or self.is_any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday

    def next_after(self, now: float) -> float | None:
        """Return the first firing after `now` (seconds since 1970), None if there is none in five years."""
        moment = datetime.fromtimestamp(now, self.zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = moment + timedelta(days=HORIZON_DAYS)
        while moment < end:
            if moment.month not in self.months or not self._matches_day(moment):
                moment = (moment + timedelta(days=1)).replace(hour=0, minute=0)
            elif moment.hour not in self.hours:
                moment = (moment + timedelta(hours=1)).replace(minute=0)
            elif moment.minute not in self.minutes:
                moment += timedelta(minutes=1)
            else:
                return moment.timestamp()
        return None


def parse_schedule(text: str, time_zone: str = "") -> Schedule:
    """Read a cron line; raises `InvalidSchedule`."""
    line = text.strip()
    for prefix in ("TZ=", "CRON_TZ="):
        if line.startswith(prefix):
            time_zone, _, line = line.removeprefix(prefix).partition(" ")
    fields = _MACROS.get(line.strip(), line).split()
    if len(fields) != 5:
        raise InvalidSchedule(
            f"schedule {text!r} has {len(fields)} fields", fix="write minute hour day month weekday: */5 * * * *"
        )
    sets = [_field(part, *bounds, text) for part, bounds in zip(fields, _FIELDS)]
    weekdays = frozenset(day % 7 for day in sets[4])
    is_any = [part.startswith(("*", "?")) for part in fields]
    return Schedule(sets[0], sets[1], sets[2], sets[3], weekdays, is_any[2], is_any[4], _zone(time_zone))


def _zone(name: str) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidSchedule(f"unknown time zone {name!r}", fix="use an IANA name such as Europe/Berlin") from error


def _field(part: str, name: str, low: int, high: int, names: dict[str, int], line: str) -> frozenset[int]:
    found: set[int] = set()
    for piece in part.lower().split(","):
        span, _, step_text = piece.partition("/")
        try:
            step = int(step_text) if step_text else 1
            if span in {"*", "?"}:
                first, last = low, high
            else:
                first_text, dash, last_text = span.partition("-")
                first = names.get(first_text) if first_text in names else int(first_text)  # type: ignore[assignment]
                last = (names[last_text] if last_text in names else int(last_text)) if dash else (high if step_text else first)
        except ValueError:
            raise InvalidSchedule(f"schedule {line!r}: {piece!r} is no {name}") from None
        if not (low <= first <= last <= high) or step < 1:
            raise InvalidSchedule(f"schedule {line!r}: {name} {piece!r} is not within {low}-{high}")
        found.update(range(first, last + 1, step))
    return frozenset(found)
