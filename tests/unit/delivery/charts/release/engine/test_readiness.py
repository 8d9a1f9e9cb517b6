"""The rules of kstatus."""

from typing import Any

import pytest

from pilothouse.delivery.charts.release.engine.readiness import hook_readiness, is_paused, readiness_of

READY = [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
FULL = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "observedGeneration": 1}


def tree(api_version: str, kind: str, spec: Any = None, status: Any = None, **meta: Any) -> dict[str, Any]:
    return {
        "apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "generation": 1, **meta}, "spec": spec or {},
        "status": status or {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "status", "message"),
    [
        (tree("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "conditions": READY}), "Current", "Replicas: 2"),
        (tree("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "readyReplicas": 1, "conditions": READY}), "InProgress", "1/2"),
        (tree("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "conditions": []}), "InProgress", "not Available"),
        (tree("apps/v1", "Deployment", {}, {"observedGeneration": 0}), "InProgress", "generation is 1"),
        (
            tree("apps/v1", "Deployment", {}, {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]}),
            "Failed", "deadline",
        ),
        (tree("apps/v1", "ReplicaSet", {"replicas": 2}, FULL), "Current", ""),
        (tree("apps/v1", "ReplicaSet", {"replicas": 1}, {}), "InProgress", "0/1"),
        (
            tree("apps/v1", "StatefulSet", {"replicas": 1},
                 {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"}),
            "InProgress", "revision",
        ),
        (tree("apps/v1", "StatefulSet", {"replicas": 1, "updateStrategy": {"type": "OnDelete"}}), "Current", "ondelete"),
        (tree("apps/v1", "DaemonSet"), "InProgress", "Missing"),
        (
            tree("apps/v1", "DaemonSet", {}, {"desiredNumberScheduled": 1, "observedGeneration": 1, "numberReady": 0}),
            "InProgress", "Current: 0/1",
        ),
        (tree("batch/v1", "Job", {}, {"startTime": "t"}), "Current", "in progress"),
        (tree("batch/v1", "Job"), "InProgress", "not started"),
        (tree("batch/v1", "Job", {}, {"conditions": [{"type": "Failed", "status": "True"}]}), "Failed", "failed: 0/1"),
        (tree("v1", "Pod", {}, {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}), "Current", "Ready"),
        (
            tree("v1", "Pod", {}, {
                "phase": "Running",
                "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
            }),
            "Failed", "c",
        ),
        (tree("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}), "InProgress", "Pending"),
        (tree("v1", "Service", {"type": "LoadBalancer"}), "InProgress", "ClusterIP"),
        (tree("policy/v1", "PodDisruptionBudget", {}, {"currentHealthy": 0, "desiredHealthy": 1}), "InProgress", "0/1"),
        (
            tree("apiextensions.k8s.io/v1", "CustomResourceDefinition", {},
                 {"conditions": [{"type": "Established", "status": "True"}]}),
            "Current", "established",
        ),
        (tree("e.org/v1", "Thing", {}, {"conditions": [{"type": "Ready", "status": "False"}]}), "InProgress", ""),
        (tree("e.org/v1", "Thing", {}, {"conditions": [{"type": "Stalled", "status": "True"}]}), "Failed", ""),
        (tree("v1", "ConfigMap", deletionTimestamp="t"), "Terminating", ""),
        (tree("v1", "ConfigMap"), "Current", ""),
    ],
)  # fmt: skip
def test_rules(found: dict[str, Any], status: str, message: str) -> None:
    verdict = readiness_of(found)
    assert verdict.status == status
    assert message in verdict.message


def test_hooks_have_to_end() -> None:
    running = tree("batch/v1", "Job", {}, {"startTime": "t"})
    assert hook_readiness(running).status == readiness_of(running, wait_for_jobs=True).status == "InProgress"
    assert hook_readiness(tree("v1", "Pod", {}, {"phase": "Failed"})).message == "pod x failed"
    assert hook_readiness(tree("v1", "Service", {"type": "LoadBalancer"})).status == "Current"
    assert is_paused(tree("apps/v1", "Deployment", {"paused": True}))
