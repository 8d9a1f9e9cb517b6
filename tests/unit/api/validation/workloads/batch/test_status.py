"""The status of a Job."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.batch.status import job_status

_T0, _T1 = "2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z"


def _true(*kinds: str) -> list[dict[str, Any]]:
    return [{"type": kind, "status": "True"} for kind in kinds]


_DONE = {"startTime": _T0, "completionTime": _T1, "conditions": _true("SuccessCriteriaMet", "Complete")}


@pytest.mark.parametrize(
    ("status", "before", "found"),
    [
        (_DONE, {}, []),
        ({**_DONE, "conditions": _true("Complete")}, {}, ["without the SuccessCriteriaMet=true condition"]),
        ({**_DONE, "startTime": None}, {}, ["startTime is required for finished job"]),
        ({**_DONE, "completionTime": None}, {}, ["completionTime is required for Complete jobs"]),
        ({**_DONE, "completionTime": "2023-01-01T00:00:00Z"}, {}, ["must be equal to or after `startTime`"]),
        ({"completionTime": _T1}, {}, ["cannot set completionTime when there is no Complete=True condition"]),
        ({"startTime": _T0, "conditions": _true("Failed")}, {}, ["without the FailureTarget=true condition"]),
        ({**_DONE, "terminating": 1}, {}, ["terminating>0 is invalid for finished job"]),
        ({**_DONE, "uncountedTerminatedPods": {"failed": ["a"]}}, {}, ["must be empty for finished job"]),
        ({"uncountedTerminatedPods": {"failed": ["", "a"], "succeeded": ["a"]}}, {}, ["must not be empty", ""]),
        ({"active": 1, "ready": 2}, {}, ["cannot set more ready pods than active"]),
        ({"failed": 1}, {"failed": 2}, ["cannot decrease the failed counter"]),
        ({}, {"conditions": _true("FailureTarget")}, ["cannot disable the terminal FailureTarget=True condition"]),
        ({}, {"conditions": _true("SuccessCriteriaMet")}, ["cannot disable the SuccessCriteriaMet=True condition"]),
        ({**_DONE, "completionTime": "2024-01-01T00:02:00Z"}, _DONE, ["field is immutable"]),
        ({"startTime": _T1}, {"startTime": _T0}, ["startTime cannot be removed for unsuspended job"]),
        ({"completedIndexes": "1"}, {}, ["cannot set non-empty completedIndexes when non-indexed completion mode"]),
        ({"failedIndexes": "1"}, {}, ["cannot set non-null failedIndexes when backoffLimitPerIndex is null"]),
    ],
)
def test_status(status: dict[str, Any], before: dict[str, Any], found: list[str]) -> None:
    errors = job_status({"status": status, "spec": {}}, {"status": before})
    assert len(errors) == len(found)
    assert all(text in error.detail for error, text in zip(errors, found))


def test_indexes() -> None:
    spec = {"completionMode": "Indexed", "completions": 3, "backoffLimitPerIndex": 1}
    errors = job_status({"status": {"completedIndexes": "0,9", "failedIndexes": "0-x"}, "spec": spec}, {})
    assert [error.detail for error in errors] == [
        'error parsing completedIndexes: too large index: "9"',
        'error parsing failedIndexes: cannot convert string to integer for index: "x"',
    ]
    (error,) = job_status({"status": {"completedIndexes": "0-1", "failedIndexes": "1"}, "spec": spec}, {})
    assert error.detail == "failedIndexes and completedIndexes overlap at index: 1"
