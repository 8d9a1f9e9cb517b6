"""Rules of PodDisruptionBudgets."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.scaling.budgets import budget, budget_status


def test_a_budget_states_one_of_two_numbers() -> None:
    (error,) = budget({"spec": {"minAvailable": 1, "maxUnavailable": 1}})
    assert error.value == {"MinAvailable": 1, "Selector": None, "MaxUnavailable": 1, "UnhealthyPodEvictionPolicy": None}
    assert not budget({"spec": {"minAvailable": "50%"}})


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"minAvailable": "101%"}, 'Invalid value: "101%": must not be greater than 100%'),
        ({"maxUnavailable": -1}, "Invalid value: -1: must be greater than or equal to 0"),
        ({"unhealthyPodEvictionPolicy": ""}, 'Unsupported value: "": supported values: "AlwaysAllow", "IfHealthyBudget"'),
    ],
)
def test_the_spec(spec: dict[str, Any], text: str) -> None:
    assert [error.text() for error in budget({"spec": spec})] == [text]


def test_the_status() -> None:
    assert [error.path for error in budget_status({"status": {"expectedPods": -1}}, {})] == ["status.expectedPods"]
