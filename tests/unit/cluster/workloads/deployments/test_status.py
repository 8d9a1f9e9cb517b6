"""The status of a Deployment: its counts during a rollout, and once it is deleted."""

from typing import Any

from pilothouse.cluster.workloads.deployments.status import deployment_status
from tests.unit.cluster.workloads.deployments.test_engine import deployment, replica_set

NOW = 1_700_000_000.0


def test_what_is_asked_for_beyond_what_is_available_is_unavailable() -> None:
    old, new = replica_set("1", 2, 2, 2), replica_set("2", 1, 1, 0)
    status = deployment_status(deployment(2, 1, 0), new, [old], NOW)
    assert (status["replicas"], status["availableReplicas"], status["unavailableReplicas"]) == (3, 2, 1)
    assert "unavailableReplicas" not in deployment_status(deployment(2, 1, 0), replica_set("2", 2, 2, 2), [], NOW)
    assert "unavailableReplicas" not in deployment_status(deployment(2, 1, 0), None, [], NOW)


def test_a_deployment_that_is_deleted_observes_it_and_makes_no_progress() -> None:
    tree: dict[str, Any] = deployment(2, 1, 0)
    progressing = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "message": ""}
    tree["metadata"] |= {"generation": 4, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    tree["status"] = {"conditions": [progressing, {"type": "Available", "status": "True", "reason": "x", "message": ""}]}
    status = deployment_status(tree, None, [], NOW)
    assert status["observedGeneration"] == 4
    assert [(c["type"], c["status"]) for c in status["conditions"]] == [("Available", "False"), ("Progressing", "True")]
