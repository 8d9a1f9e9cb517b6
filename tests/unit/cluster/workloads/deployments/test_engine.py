"""Rollouts: a model of Pods that become ready at random, checked against the limits at every step."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.cluster.workloads.deployments import engine


def deployment(replicas: int, surge: Any, unavailable: Any, **spec: Any) -> dict[str, Any]:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    return {
        "metadata": {"name": "web", "namespace": "ns", "uid": "d"},
        "spec": {"replicas": replicas, "strategy": strategy, "selector": {"matchLabels": {"a": "b"}},
                 "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}, **spec},
    }  # fmt: skip


def replica_set(name: str, wanted: int, running: int, available: int) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "creationTimestamp": name}, "spec": {"replicas": wanted},
        "status": {"replicas": running, "availableReplicas": available},
    }  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    replicas=st.integers(1, 12), surge=st.integers(0, 4), unavailable=st.integers(0, 4), order=st.randoms(use_true_random=False)
)
def test_a_rollout_stays_within_its_limits_and_ends(replicas: int, surge: int, unavailable: int, order: Any) -> None:
    tree = deployment(replicas, surge, unavailable)
    limits = engine.limits_of(tree)
    new, old = replica_set("2", 0, 0, 0), replica_set("1", replicas, replicas, replicas)
    for _ in range(400):
        wishes = engine.plan_scale(tree, new, [old])
        for entry in (new, old):
            entry["spec"]["replicas"] = wishes.get(entry["metadata"]["name"], entry["spec"]["replicas"])
            status = entry["status"]
            status["replicas"] = entry["spec"]["replicas"]
            status["availableReplicas"] = min(status["availableReplicas"], status["replicas"])
        total = new["status"]["replicas"] + old["status"]["replicas"]
        available = new["status"]["availableReplicas"] + old["status"]["availableReplicas"]
        assert total <= limits.wanted + limits.surge
        assert available >= limits.wanted - limits.unavailable
        waiting = new["status"]["replicas"] - new["status"]["availableReplicas"]
        if waiting:
            new["status"]["availableReplicas"] += order.randint(0, waiting) or 1
        if new["status"]["availableReplicas"] == replicas and old["status"]["replicas"] == 0:
            return
    raise AssertionError("the rollout does not end")


def test_recreate_waits_until_the_old_pods_are_gone() -> None:
    tree = deployment(3, 0, 0)
    tree["spec"]["strategy"] = {"type": "Recreate"}
    new = replica_set("2", 0, 0, 0)
    assert engine.plan_scale(tree, new, [replica_set("1", 3, 3, 3)]) == {"1": 0}
    assert engine.plan_scale(tree, new, [replica_set("1", 0, 1, 0)]) == {}
    assert engine.plan_scale(tree, new, [replica_set("1", 0, 0, 0)]) == {"2": 3}


def test_both_limits_zero_still_move() -> None:
    assert engine.limits_of(deployment(4, 0, 0)).unavailable == 1
    assert engine.limits_of(deployment(10, "25%", "25%")) == engine.Limits(10, 3, 2)


def test_history_beyond_the_limit_goes() -> None:
    tree = deployment(1, 1, 0, revisionHistoryLimit=1)
    sets = [replica_set(str(number), 0, 0, 0) for number in range(3)]
    for number, entry in enumerate(sets):
        entry["metadata"]["annotations"] = {engine.REVISION: str(number)}
    assert [entry["metadata"]["name"] for entry in engine.surplus_history(tree, sets)] == ["0", "1"]


def test_a_set_that_comes_back_remembers_its_revisions() -> None:
    tree = deployment(1, 1, 0)
    first = engine.set_annotations(tree, {}, 1)
    assert engine.HISTORY not in first
    third = engine.set_annotations(tree, first, 3)
    assert (third[engine.REVISION], third[engine.HISTORY]) == ("3", "1")
    fifth = engine.set_annotations(tree, third, 5)
    assert fifth[engine.HISTORY] == "1,3"
    assert engine.set_annotations(tree, fifth, 5)[engine.HISTORY] == "1,3"
    long = {engine.REVISION: "9999", engine.HISTORY: ",".join(str(one) for one in range(1000, 1400))}
    found = engine.set_annotations(tree, long, 10000)[engine.HISTORY]
    assert len(found) <= 2000 and found.endswith(",9999") and found.startswith("1001,")
