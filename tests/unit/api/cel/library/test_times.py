"""Times and durations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.cel.run import failure, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timestamp('2023-12-25T01:02:03Z').getFullYear()", 2023),
        ("timestamp('2023-12-25T01:02:03Z').getMonth()", 11),
        ("timestamp('2023-12-25T01:02:03Z').getDayOfWeek()", 1),
        ("timestamp('2023-12-25T01:02:03Z').getHours('+05:30')", 6),
        ("timestamp('2023-12-25T01:02:03.004Z').getMilliseconds()", 4),
        ("duration('1h30m').getMinutes()", 90),
        ("duration('-1.5s') < duration('0')", True),
        ("timestamp('2024-01-01T01:00:00+01:00') == timestamp('2024-01-01T00:00:00Z')", True),
        ("(timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z')).getHours()", 24),
        ("timestamp('2024-02-29T00:00:00Z').getDayOfYear()", 59),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("duration('1' + 'x')", "invalid duration"),
        ("timestamp('2024-13-01' + 'T00:00:00Z')", "parsing time"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1h')", "timestamp overflow"),
        ("timestamp('2024-01-01T00:00:00Z').getHours('No/Where')", "unknown time zone"),
    ],
)
def test_no_result(text: str, message: str) -> None:
    assert message in failure(text)
