"""Rules of autoscalers and disruption budgets."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.scaling import autoscaler, budget

_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({"maxReplicas": 3}, []),
        ({"maxReplicas": 0}, ["spec.maxReplicas", "spec.maxReplicas"]),
        ({"maxReplicas": 3, "minReplicas": 4}, ["spec.maxReplicas"]),
        ({"maxReplicas": 3, "metrics": [{"type": "Resource"}]}, ["spec.metrics[0].resource"]),
        ({"maxReplicas": 3, "behavior": {"scaleUp": {"policies": []}}}, ["spec.behavior.scaleUp.policies"]),
    ],
)
def test_autoscalers(spec: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in autoscaler({"spec": {"scaleTargetRef": _TARGET, **spec}})] == paths


def test_a_budget_states_one_of_two_numbers() -> None:
    (error,) = budget({"spec": {"minAvailable": 1, "maxUnavailable": 1}})
    assert error.value == {"MinAvailable": 1, "Selector": None, "MaxUnavailable": 1, "UnhealthyPodEvictionPolicy": None}
    assert budget({"spec": {"minAvailable": "101%"}})
    assert not budget({"spec": {"minAvailable": "50%"}})
