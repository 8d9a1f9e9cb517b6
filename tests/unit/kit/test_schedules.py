"""Cron lines: when they fire, and what is refused."""

from datetime import UTC, datetime

import pytest

from pilothouse.kit.schedules import InvalidSchedule, parse_schedule


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("line", "now", "expected"),
    [
        ("* * * * *", "2026-01-01T00:00:30", "2026-01-01T00:01"),
        ("*/15 * * * *", "2026-01-01T00:14:59", "2026-01-01T00:15"),
        ("0 3 * * *", "2026-01-01T03:00:00", "2026-01-02T03:00"),
        ("30 9 * * mon-fri", "2026-01-02T10:00", "2026-01-05T09:30"),
        ("0 0 31 * *", "2026-02-01T00:00", "2026-03-31T00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("0 0 13 * fri", "2026-01-01T00:00", "2026-01-02T00:00"),
        ("0 0 * * 7", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("@hourly", "2026-01-01T00:00", "2026-01-01T01:00"),
        ("5,10-12/2 * * * *", "2026-01-01T00:05", "2026-01-01T00:10"),
        ("0 0 1 jan *", "2026-01-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_next(line: str, now: str, expected: str) -> None:
    assert parse_schedule(line).next_after(at(now)) == at(expected)


def test_time_zones() -> None:
    schedule = parse_schedule("0 9 * * *", "Europe/Berlin")
    assert schedule.next_after(at("2026-07-01T00:00")) == at("2026-07-01T07:00")
    assert parse_schedule("TZ=Asia/Tokyo 0 9 * * *").next_after(at("2026-01-01T00:30")) == at("2026-01-02T00:00")


def test_never() -> None:
    assert parse_schedule("0 0 31 2 *").next_after(at("2026-01-01T00:00")) is None


@pytest.mark.parametrize("line", ["", "* * * *", "60 * * * *", "* * * * 8", "a * * * *", "*/0 * * * *", "5-1 * * * *", "@often"])
def test_refused(line: str) -> None:
    with pytest.raises(InvalidSchedule):
        parse_schedule(line)


def test_unknown_time_zone() -> None:
    with pytest.raises(InvalidSchedule, match="time zone"):
        parse_schedule("* * * * *", "Mars/Olympus")
