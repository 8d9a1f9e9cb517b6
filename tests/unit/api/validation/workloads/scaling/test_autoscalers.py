"""Rules of HorizontalPodAutoscalers."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.scaling.autoscalers import autoscaler, autoscaler_status, autoscaler_update

_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_POLICY = {"type": "Pods", "value": 1, "periodSeconds": 1}


def _obj(**spec: Any) -> dict[str, Any]:
    return {"spec": {"scaleTargetRef": _TARGET, "maxReplicas": 3, **spec}}


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({}, []),
        ({"maxReplicas": 0, "minReplicas": 1}, ["maxReplicas", "maxReplicas"]),
        ({"maxReplicas": -1}, ["maxReplicas"]),
        ({"minReplicas": 4}, ["maxReplicas"]),
        ({"minReplicas": 0}, ["minReplicas", "metrics"]),
        ({"metrics": [{"type": "Resource"}]}, ["metrics[0].resource"]),
        ({"targetCPUUtilizationPercentage": 0}, ["metrics[0].resource.target.averageUtilization"]),
        ({"scaleTargetRef": {"kind": "a/b", "apiVersion": "a/b"}}, ["scaleTargetRef.kind", "scaleTargetRef.name"]),
        ({"behavior": {"scaleUp": {"policies": []}}}, ["behavior.scaleUp.policies"]),
    ],
)
def test_autoscalers(spec: dict[str, Any], paths: list[str]) -> None:
    assert [error.path.removeprefix("spec.") for error in autoscaler(_obj(**spec))] == paths


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({"stabilizationWindowSeconds": -1}, "Invalid value: -1: must be greater than or equal to zero"),
        ({"stabilizationWindowSeconds": 3601}, "Invalid value: 3601: must be less than or equal to 3600"),
        ({"selectPolicy": "X"}, 'Unsupported value: "X": supported values: "Disabled", "Max", "Min"'),
        ({"tolerance": "-1"}, 'Invalid value: "-1": must be greater than or equal to 0'),
        ({"policies": [{**_POLICY, "type": "X"}]}, 'Unsupported value: "X": supported values: "Percent", "Pods"'),
        ({"policies": [{**_POLICY, "value": 0}]}, "Invalid value: 0: must be greater than zero"),
        ({"policies": [{**_POLICY, "periodSeconds": 1801}]}, "Invalid value: 1801: must be less than or equal to 1800"),
    ],
)
def test_scaling_rules(rules: dict[str, Any], text: str) -> None:
    (error,) = autoscaler(_obj(behavior={"scaleDown": {"policies": [_POLICY], **rules}}))
    assert error.text() == text


def test_what_could_scale_to_zero_still_can() -> None:
    assert [error.path for error in autoscaler_update(_obj(minReplicas=0), _obj(minReplicas=0))] == ["spec.metrics"]
    assert autoscaler_status({"status": {"desiredReplicas": -1}}, {})
