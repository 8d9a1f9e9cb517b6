"""How many Pods may be evicted."""

from typing import Any

import pytest

from pilothouse.cluster.workloads.disruption.engine import budget_status


def pod(name: str, *, ready: bool = True) -> dict[str, Any]:
    meta = {"name": name, "labels": {"app": "a"}, "ownerReferences": [{"uid": "rs", "controller": True}]}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {"metadata": meta, "status": {"phase": "Running", "conditions": conditions}}


@pytest.mark.parametrize(
    ("spec", "allowed", "healthy"),
    [
        ({"minAvailable": 2}, 1, 2),
        ({"minAvailable": "50%"}, 1, 2),
        ({"maxUnavailable": 1}, 0, 3),
        ({"maxUnavailable": "50%"}, 1, 2),
        ({"minAvailable": 5}, 0, 5),
    ],
)
def test_allowed_disruptions(spec: dict[str, Any], allowed: int, healthy: int) -> None:
    budget = {"metadata": {"generation": 1}, "spec": {"selector": {"matchLabels": {"app": "a"}}, **spec}}
    pods = [pod("a"), pod("b"), pod("c"), pod("d", ready=False)]
    status = budget_status(budget, pods, {"rs": 4}, 0.0)
    assert (status["disruptionsAllowed"], status["desiredHealthy"], status["currentHealthy"]) == (allowed, healthy, 3)
