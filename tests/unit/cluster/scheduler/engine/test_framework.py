"""Decisions on small clusters: each filter, the scores, and a search against a naive reference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.cluster.scheduler.engine.framework import place
from pilothouse.cluster.scheduler.engine.podinfo import pod_info
from pilothouse.cluster.scheduler.engine.table import NodeTable


def node(name: str, *, cpu: str = "4", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    status = {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}
    return {"metadata": {"name": name, "labels": {"host": name, **(labels or {})}}, "spec": spec, "status": status}


def pod(name: str, *, cpu: str = "", on: str = "", labels: dict[str, str] | None = None, **spec: Any) -> Any:
    container: dict[str, Any] = {"name": "c", "image": "i"}
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    spec.setdefault("containers", [container])
    meta = {"name": name, "namespace": "ns", "uid": name, "labels": labels or {}}
    return pod_info({"metadata": meta, "spec": {**spec, **({"nodeName": on} if on else {})}})


def table(*nodes: dict[str, Any], pods: tuple[Any, ...] = ()) -> NodeTable:
    result = NodeTable()
    for entry in nodes:
        result.put_node(entry)
    for entry in pods:
        result.put_pod(entry)
    return result


TERM = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "zone"}
HARD = "requiredDuringSchedulingIgnoredDuringExecution"


def test_no_nodes() -> None:
    assert place(pod("p"), NodeTable()).message == "no nodes available to schedule pods"


def test_resources_and_the_message() -> None:
    cluster = table(node("a", cpu="1"), node("b", cpu="2"), pods=(pod("x", cpu="1500m", on="b"),))
    assert place(pod("p", cpu="1"), cluster).node == "a"
    decision = place(pod("p", cpu="3"), cluster)
    assert (decision.node, decision.message) == ("", "0/2 nodes are available: 2 Insufficient cpu.")


def test_least_allocated_spreads() -> None:
    cluster = table(node("a"), node("b"), pods=(pod("x", cpu="1", on="a"),))
    assert place(pod("p", cpu="1"), cluster).node == "b"


def test_taints_and_cordon() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    cluster = table(node("a", taints=[taint]), node("b", unschedulable=True))
    message = place(pod("p"), cluster).message
    assert "1 node(s) had untolerated taint {gpu: yes}" in message
    assert "1 node(s) were unschedulable" in message
    assert place(pod("p", tolerations=[{"key": "gpu", "operator": "Exists"}]), cluster).node == "a"


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("In", ["1"], "a"),
        ("NotIn", ["1"], "b"),
        ("Exists", [], "a"),
        ("DoesNotExist", [], "b"),
        ("Gt", ["0"], "a"),
        ("Lt", ["2"], "a"),
    ],
)
def test_node_affinity(operator: str, values: list[str], expected: str) -> None:
    terms = [{"matchExpressions": [{"key": "n", "operator": operator, "values": values}]}]
    affinity = {"nodeAffinity": {HARD: {"nodeSelectorTerms": terms}}}
    assert place(pod("p", affinity=affinity), table(node("a", labels={"n": "1"}), node("b"))).node == expected


def test_node_selector_and_field() -> None:
    cluster = table(node("a", labels={"disk": "ssd"}), node("b"))
    assert place(pod("p", nodeSelector={"disk": "ssd"}), cluster).node == "a"
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}]
    assert place(pod("p", affinity={"nodeAffinity": {HARD: {"nodeSelectorTerms": terms}}}), cluster).node == "b"


def test_pod_affinity_follows_the_domain() -> None:
    zones = [node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"}), node("c", labels={"zone": "2"})]
    web = pod("x", on="b", labels={"app": "web"})
    near = {"podAffinity": {HARD: [TERM]}}
    assert place(pod("p", affinity=near), table(*zones, pods=(web,))).node in {"b", "c"}
    assert place(pod("p", affinity=near), table(*zones)).node == "", "nobody to be near"
    assert place(pod("p", affinity=near, labels={"app": "web"}), table(*zones)).node, "the first of a group may go anywhere"


def test_anti_affinity_is_symmetric() -> None:
    zones = [node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"})]
    away = {"podAntiAffinity": {HARD: [TERM]}}
    loner = pod("x", on="a", labels={"app": "web"}, affinity=away)
    cluster = table(*zones, pods=(loner,))
    assert place(pod("p", labels={"app": "web"}), cluster).node == "b"
    cluster.put_pod(pod("y", on="b", labels={"app": "web"}, affinity=away))
    assert "existing pods anti-affinity" in place(pod("p", labels={"app": "web"}), cluster).message
    cluster.remove_pod("x")
    assert place(pod("p", labels={"app": "web"}), cluster).node == "a"


def test_host_ports() -> None:
    container = {"name": "c", "image": "i", "ports": [{"containerPort": 80, "hostPort": 80}]}
    cluster = table(node("a"), pods=(pod("x", on="a", containers=[container]),))
    assert "free ports" in place(pod("p", containers=[container]), cluster).message


def test_hard_topology_spread() -> None:
    constraint = {**TERM, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    zones = [node("a", labels={"zone": "1"}), node("b", labels={"zone": "2"})]
    cluster = table(*zones, pods=(pod("x", on="a", labels={"app": "web"}),))
    for name in ("p", "q", "r", "s"):
        wanted = pod(name, labels={"app": "web"}, topologySpreadConstraints=[constraint])
        chosen = place(wanted, cluster).node
        cluster.put_pod(pod(name, on=chosen, labels={"app": "web"}))
    domains = cluster.counts(wanted.spread[0].term).domains
    assert abs(domains["1"] - domains["2"]) <= 1


def test_removed_node_frees_its_place() -> None:
    cluster = table(node("a"), node("b"), pods=(pod("x", on="a"),))
    cluster.remove_node("a")
    assert place(pod("p"), cluster).node == "b"
    cluster.put_node(node("c"))
    assert set(cluster.index) == {"b", "c"}
    assert cluster.names.count("c") == 1


@settings(max_examples=60, deadline=None)
@given(
    cpus=st.lists(st.integers(1, 4), min_size=1, max_size=6),
    running=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)), max_size=8),
    wanted=st.integers(1, 4),
)
def test_feasibility_equals_a_naive_search(cpus: list[int], running: list[tuple[int, int]], wanted: int) -> None:
    cluster = table(*(node(f"n{i}", cpu=str(cpu)) for i, cpu in enumerate(cpus)))
    used = [0] * len(cpus)
    for number, (where, cpu) in enumerate(running):
        if where < len(cpus):
            cluster.put_pod(pod(f"r{number}", cpu=str(cpu), on=f"n{where}"))
            used[where] += cpu
    feasible = {f"n{i}" for i, cpu in enumerate(cpus) if cpu - used[i] >= wanted}
    decision = place(pod("p", cpu=str(wanted)), cluster)
    assert (decision.node in feasible) if feasible else decision.node == ""
    assert decision.feasible == len(feasible)
