"""What a CronJob does now."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.workloads.cronjobs.engine import plan_cron
from pilothouse.kit.clock import parse_rfc3339

BEGUN = "2026-01-01T00:00:00Z"


def cron_job(schedule: str = "* * * * *", last: str = "", active: tuple[str, ...] = (), **spec: Any) -> dict[str, Any]:
    status = {**({"lastScheduleTime": last} if last else {}), "active": [{"uid": uid} for uid in active]}
    template = {"spec": {"template": {}}}
    return {
        "metadata": {"name": "tick", "namespace": "default", "uid": "cron", "creationTimestamp": BEGUN},
        "spec": {"schedule": schedule, "jobTemplate": template, **spec}, "status": status,
    }  # fmt: skip


def job(name: str, condition: str = "") -> dict[str, Any]:
    owner = {"kind": "CronJob", "name": "tick", "uid": "cron", "controller": True}
    meta = {"name": name, "namespace": "default", "uid": name, "resourceVersion": "1", "ownerReferences": [owner]}
    return {"metadata": meta, "status": {"conditions": [{"type": condition, "status": "True"}] if condition else []}}


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        ("* * * * *", "2026-01-02T12:34:56Z", "2026-01-02T12:34:00Z"),
        ("*/7 * * * *", "2026-02-01T00:00:30Z", "2026-02-01T00:00:00Z"),
        ("0 * * * *", "2026-03-01T05:59:59Z", "2026-03-01T05:00:00Z"),
        ("* 0 1 1 *", "2027-07-01T00:00:00Z", "2027-01-01T00:59:00Z"),
    ],
)
def test_of_many_missed_moments_only_the_newest_counts(schedule: str, now: str, due: str) -> None:
    plan = plan_cron(cron_job(schedule), [], parse_rfc3339(now))
    assert plan.start_at == parse_rfc3339(due)
    assert plan.has_missed_many


def test_of_a_few_missed_moments_the_newest_counts_too() -> None:
    plan = plan_cron(cron_job(last="2026-01-01T00:10:00Z"), [], parse_rfc3339("2026-01-01T00:15:30Z"))
    assert plan.start_at == parse_rfc3339("2026-01-01T00:15:00Z")
    assert not plan.has_missed_many
    plan = plan_cron(cron_job("0 0 * * *", startingDeadlineSeconds=60), [], parse_rfc3339("2026-01-02T00:02:00Z"))
    assert plan.start_at is None


def test_jobs_that_ended_since_the_status_was_written_are_told_once() -> None:
    jobs = [job("a", "Complete"), job("b", "Failed"), job("c"), job("d", "Complete")]
    plan = plan_cron(cron_job(active=("a", "b", "c"), suspend=True), jobs, parse_rfc3339(BEGUN))
    assert [each["metadata"]["name"] for each in plan.completed] == ["a", "b"]
    assert [each["name"] for each in plan.status["active"]] == ["c"]
