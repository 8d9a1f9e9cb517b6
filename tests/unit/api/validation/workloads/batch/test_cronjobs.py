"""Rules of CronJobs."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.batch.cronjobs import cron_job, cron_spec

_POD = {
    "containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}], "restartPolicy": "Never",
    "dnsPolicy": "ClusterFirst",
}  # fmt: skip


def _spec(**spec: Any) -> dict[str, Any]:
    job = {"template": {"spec": _POD}, **spec.pop("job", {})}
    return {"schedule": "* * * * *", "concurrencyPolicy": "Allow", "jobTemplate": {"spec": job}, **spec}


@pytest.mark.parametrize(
    ("zone", "texts"),
    [
        ("", ["timeZone must be nil or non-empty string"]),
        ("Local", ["timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"]),
        ("Nowhere/At_All", ["unknown time zone Nowhere/At_All"]),
        ("Europe/../UTC", ["unknown time zone Europe/../UTC"]),
        ("UTC", []),
    ],
)
def test_time_zones(zone: str, texts: list[str]) -> None:
    assert [(error.path, error.detail) for error in cron_spec(_spec(timeZone=zone), None)] == [
        ("spec.timeZone", t) for t in texts
    ]


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"concurrencyPolicy": ""}, "spec.concurrencyPolicy", "Required value"),
        ({"schedule": ""}, "spec.schedule", "Required value"),
        ({"schedule": "TZ=UTC * * * * *"}, "spec.schedule", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        ({"job": {"selector": {}}}, "spec.jobTemplate.spec.selector", "Invalid value: {}: `selector` will be auto-generated"),
        (
            {"job": {"manualSelector": True}}, "spec.jobTemplate.spec.manualSelector",
            'Unsupported value: true: supported values: "nil", "false"',
        ),
    ],
)  # fmt: skip
def test_the_spec_of_a_cron_job(spec: dict[str, Any], path: str, text: str) -> None:
    (error,) = cron_spec(_spec(**spec), None)
    assert error.path == path
    assert text in error.text()


def test_what_was_let_through_may_stay() -> None:
    old = _spec(schedule="TZ=UTC * * * * *", timeZone="Nowhere/At_All")
    assert [error.detail for error in cron_spec(old, old)] == ["cannot use both timeZone field and TZ or CRON_TZ in schedule"]


def test_a_name_leaves_room_for_the_name_of_a_job() -> None:
    (error,) = cron_job({"metadata": {"name": "x" * 53}, "spec": _spec()})
    assert error.text().endswith("must be no more than 52 characters")
