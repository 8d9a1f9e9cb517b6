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
