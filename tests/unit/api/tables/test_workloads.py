"""Cells of what runs Pods and of autoscalers."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.tables.workloads import autoscaler, job

_CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        ({}, {}, "<none>"),
        ({"targetCPUUtilizationPercentage": 80}, {}, "cpu: <unknown>/80%"),
        ({"targetCPUUtilizationPercentage": 80}, {"currentCPUUtilizationPercentage": 7}, "cpu: 7%/80%"),
        ({"metrics": [_CPU] * 3}, {}, "cpu: <unknown>/80%, cpu: <unknown>/80% + 1 more..."),
        ({"metrics": [{"type": "Pods", "pods": {"target": {"averageValue": "1k"}}}]}, {}, "<unknown>/1k"),
        ({"metrics": [{"type": "External", "external": {"target": {"averageValue": "1k"}}}]}, {}, "<unknown>/1k (avg)"),
        ({"metrics": [{"type": "Strange"}]}, {}, "<unknown type>"),
    ],
)
def test_targets_of_autoscalers(spec: dict[str, Any], status: dict[str, Any], shown: str) -> None:
    assert autoscaler({"metadata": {"name": "a"}, "spec": spec, "status": status}, 0.0)[2] == shown


@pytest.mark.parametrize(
    ("conditions", "meta", "shown"),
    [
        ([], {}, "Running"),
        (["SuccessCriteriaMet"], {}, "SuccessCriteriaMet"),
        (["Suspended"], {}, "Suspended"),
        (["Suspended"], {"deletionTimestamp": "2024-01-01T00:00:00Z"}, "Terminating"),
        (["FailureTarget", "Failed"], {}, "Failed"),
        (["Complete"], {}, "Complete"),
    ],
)
def test_the_status_of_a_job(conditions: list[str], meta: dict[str, Any], shown: str) -> None:
    found = [{"type": kind, "status": "True"} for kind in conditions]
    assert job({"metadata": {"name": "j", **meta}, "spec": {}, "status": {"conditions": found}}, 0.0)[1] == shown
