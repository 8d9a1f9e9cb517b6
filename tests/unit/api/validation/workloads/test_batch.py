"""Rules of Jobs and CronJobs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pilothouse.api.validation.workloads.batch import cron_spec, job, job_update


def _job(**spec: Any) -> dict[str, Any]:
    labels = {"batch.kubernetes.io/controller-uid": "u"}
    pod = {
        "containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}],
        "restartPolicy": "Never",
        "dnsPolicy": "ClusterFirst",
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {"metadata": {"name": "j", "uid": "u"}, "spec": {"selector": {"matchLabels": labels}, "template": template, **spec}}


def test_a_selector_must_be_the_generated_one() -> None:
    wrong = _job(selector={"matchLabels": {"a": "b"}})
    assert [error.path for error in job(wrong)] == ["spec.selector", "spec.template.metadata.labels"]
    assert not job(_job())


def test_a_template_stays_and_is_shown_as_the_server_holds_it() -> None:
    new = _job()
    new["spec"]["template"] = copy.deepcopy(new["spec"]["template"])
    new["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    (error,) = job_update(new, _job())
    assert error.path == "spec.template"
    assert error.value["Spec"]["Containers"][0]["Image"] == "y"


@pytest.mark.parametrize(("status", "count"), [({}, 0), ({"startTime": "2026-01-01T00:00:00Z"}, 1)])
def test_placement_changes_only_before_a_suspended_job_starts(status: dict[str, Any], count: int) -> None:
    old = {**_job(suspend=True), "status": status}
    new = copy.deepcopy(old)
    new["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "fast"}
    assert len(job_update(new, old)) == count


def test_completions_follow_parallelism_only_in_an_indexed_job() -> None:
    indexed = {"completionMode": "Indexed"}
    old, new = _job(**indexed, completions=2, parallelism=2), _job(**indexed, completions=3, parallelism=3)
    assert not job_update(new, old)
    assert job_update(_job(completions=3), _job(completions=2))


@pytest.mark.parametrize("zone", ["", "Local", "Nowhere/At_All"])
def test_unknown_time_zones(zone: str) -> None:
    spec = {"schedule": "* * * * *", "timeZone": zone, "jobTemplate": {"spec": _job()["spec"]}}
    assert [error.path for error in cron_spec(spec)] == ["spec.timeZone"]
