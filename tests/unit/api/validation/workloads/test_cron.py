"""Schedules."""

from __future__ import annotations

import pytest

from pilothouse.api.validation.workloads.cron import schedule_problem


@pytest.mark.parametrize("text", ["* * * * *", "*/5 0-6 1,15 JAN-MAR mon", "@daily", "@every 1h", "0 0 * * 0", "0 0 31 12 ?"])
def test_good(text: str) -> None:
    assert schedule_problem(text) == ""


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *", "@never"]
)
def test_bad(text: str) -> None:
    assert schedule_problem(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2", "expected exactly 5 fields, found 1: [2]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'),
        ("@never", "unrecognized descriptor: @never"),
        ("@every x", 'failed to parse duration @every x: time: invalid duration "x"'),
        ("@every 5", 'failed to parse duration @every 5: time: missing unit in duration "5"'),
        ("@every 5y", 'failed to parse duration @every 5y: time: unknown unit "y" in duration "5y"'),
        ("TZ=Nowhere * * * * *", "provided bad location Nowhere: unknown time zone Nowhere"),
        ("58/2 * * * *", ""),
        ("@every 1h30m", ""),
    ],
)
def test_problems(text: str, problem: str) -> None:
    assert schedule_problem(text) == problem
