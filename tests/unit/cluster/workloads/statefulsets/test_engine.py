"""StatefulSets: one after another up, the other way down, updates from the top."""

from typing import Any

from pilothouse.cluster.workloads.statefulsets import engine

NOW = 1_767_225_700.0


def stateful_set(replicas: int = 3, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "ns", "uid": "s"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"a": "b"}}, "serviceName": "db",
                 "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}},
                 "updateStrategy": {"type": "RollingUpdate"}, **spec},
    }  # fmt: skip


def pod(tree: dict[str, Any], ordinal: int, *, ready: bool = True, revision: str = "") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}] if ready else []
    labels = {engine.REVISION_LABEL: revision or engine.revision_name(tree)}
    meta = {"name": f"db-{ordinal}", "labels": labels, "ownerReferences": [{"uid": "s", "controller": True}]}
    return {"metadata": meta, "spec": {}, "status": {"phase": "Running", "conditions": conditions}}


def names(pods: list[dict[str, Any]]) -> list[str]:
    return [entry["metadata"]["name"] for entry in pods]


def test_up_one_after_another() -> None:
    tree = stateful_set()
    assert engine.plan_pods(tree, [], NOW).create == [0]
    assert engine.plan_pods(tree, [pod(tree, 0, ready=False)], NOW).create == []
    assert engine.plan_pods(tree, [pod(tree, 0)], NOW).create == [1]


def test_parallel_creates_all_at_once() -> None:
    assert engine.plan_pods(stateful_set(podManagementPolicy="Parallel"), [], NOW).create == [0, 1, 2]


def test_down_from_the_highest_ordinal() -> None:
    tree = stateful_set(1)
    pods = [pod(tree, number) for number in range(3)]
    assert names(engine.plan_pods(tree, pods, NOW).delete) == ["db-2"]


def test_update_from_the_top_waiting_for_readiness() -> None:
    tree = stateful_set()
    pods = [pod(tree, number, revision="old") for number in range(3)]
    assert names(engine.plan_pods(tree, pods, NOW).delete) == ["db-2"]
    pods[2] = pod(tree, 2, ready=False)
    assert engine.plan_pods(tree, pods, NOW).delete == []
    pods[2] = pod(tree, 2)
    assert names(engine.plan_pods(tree, pods, NOW).delete) == ["db-1"]


def test_partition_keeps_the_lower_ordinals() -> None:
    tree = stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    pods = [pod(tree, 0, revision="old"), pod(tree, 1, revision="old"), pod(tree, 2)]
    assert engine.plan_pods(tree, pods, NOW).delete == []


def test_claims_and_identity_of_a_pod() -> None:
    template = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    tree = stateful_set(volumeClaimTemplates=[template])
    made = engine.pod_for(tree, 1, "rev", tree["spec"]["template"])
    assert made["metadata"]["name"] == made["spec"]["hostname"] == "db-1"
    assert made["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-1"}}]
    assert names(engine.claims_for(tree, 1)) == ["data-db-1"]
