"""A CronJob over hours of virtual time."""

from __future__ import annotations

import pytest

from pilothouse.testing import Environment
from tests.unit.testing.manifests import cron_job

RUN = pytest.mark.control_plane(nodes=1, virtual_time=True, job_duration_s=20)


def told(control_plane: Environment, reason: str) -> list[str]:
    return [event["message"] for event in control_plane.list("events") if event["reason"] == reason]


@RUN
def test_runs_are_told_from_start_to_removal(control_plane: Environment) -> None:
    control_plane.create(cron_job("tick", "*/10 * * * *"))
    control_plane.patch("cronjob", "tick", {"spec": {"successfulJobsHistoryLimit": 1}})
    control_plane.advance(605)
    (job,) = control_plane.list("jobs")
    assert [each["uid"] for each in control_plane.get("cronjob", "tick")["status"]["active"]] == [job["metadata"]["uid"]]
    control_plane.advance(630)
    name = job["metadata"]["name"]
    assert told(control_plane, "SawCompletedJob")[0] == f"Saw completed job: {name}, condition: Complete"
    assert len(told(control_plane, "SawCompletedJob")) == 2
    assert told(control_plane, "SuccessfulDelete") == [f"Deleted job {name}"]
    assert "active" not in control_plane.get("cronjob", "tick")["status"]


@RUN
def test_after_a_long_pause_one_job_runs(control_plane: Environment) -> None:
    control_plane.create(cron_job("tick", "* * * * *"))
    control_plane.patch("cronjob", "tick", {"spec": {"suspend": True}})
    control_plane.advance(4 * 3600 - 30)
    control_plane.patch("cronjob", "tick", {"spec": {"suspend": False}})
    control_plane.advance(5)
    assert len(control_plane.list("jobs")) == 1
    assert control_plane.get("cronjob", "tick")["status"]["lastScheduleTime"] == "2026-01-01T03:59:00Z"
    assert "too many missed start times" in told(control_plane, "TooManyMissedTimes")[0]
