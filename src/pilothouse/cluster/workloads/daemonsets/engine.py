"""Which nodes should run a daemon Pod, what to create and delete, and the status."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree, controller_of, generation_of, is_deleting, labels_of, name_of, uid_of
from pilothouse.cluster.workloads.pods import (
    int_or_percent,
    is_available,
    is_finished,
    is_ready,
    pod_from_template,
    template_hash,
)
from pilothouse.cluster.workloads.pods.revisions import REVISION_LABEL

DAEMON_TOLERATIONS: tuple[dict[str, str], ...] = (
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
    {"key": "node.kubernetes.io/disk-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/pid-pressure", "operator": "Exists", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"},
)


class DaemonPlan(msgspec.Struct, frozen=True):
    """Nodes to create a Pod for, Pods to delete."""

    create: list[str]
    delete: list[Tree]


def node_of(pod: Tree) -> str:
    """Return the node a daemon Pod is on or meant for."""
    spec = pod.get("spec") or {}
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("values"):
                return str(field["values"][0])
    return ""


def tolerates(tolerations: list[dict[str, Any]], taint: dict[str, Any]) -> bool:
    """Whether one of the tolerations covers the taint."""
    for toleration in tolerations:
        if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
            continue
        if toleration.get("key") and toleration["key"] != taint.get("key"):
            continue
        if toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", ""):
            return True
    return False


def should_run(daemon_set: Tree, node: Tree) -> bool:
    """Whether the node is meant: node selector matches and every hard taint is tolerated."""
    spec = daemon_set["spec"]["template"]["spec"]
    if not (spec.get("nodeSelector") or {}).items() <= labels_of(node).items():
        return False
    tolerations = [*(spec.get("tolerations") or ()), *DAEMON_TOLERATIONS]
    taints = (node.get("spec") or {}).get("taints") or ()
    return all(tolerates(tolerations, taint) for taint in taints if taint.get("effect") in {"NoSchedule", "NoExecute"})


def owned_pods(daemon_set: Tree, pods: list[Tree]) -> list[Tree]:
    """Return the Pods the set controls."""
    return [pod for pod in pods if (controller_of(pod) or {}).get("uid") == uid_of(daemon_set)]


def revision_of(daemon_set: Tree) -> str:
    """Return the hash of the present template."""
    return template_hash(daemon_set["spec"]["template"])


def plan_pods(daemon_set: Tree, nodes: list[Tree], pods: list[Tree], now: float) -> DaemonPlan:
    """Compare the nodes with the Pods."""
    if is_deleting(daemon_set):
        return DaemonPlan([], [])
    wanted = {name_of(node) for node in nodes if should_run(daemon_set, node)}
    by_node: dict[str, list[Tree]] = {}
    for pod in owned_pods(daemon_set, pods):
        by_node.setdefault(node_of(pod), []).append(pod)
    create = [name for name in sorted(wanted) if not by_node.get(name)]
    delete: list[Tree] = []
    for name, found in by_node.items():
        alive = [pod for pod in found if not is_deleting(pod)]
        if name not in wanted:
            delete += alive
        else:
            delete += [pod for pod in alive if is_finished(pod)] + [pod for pod in alive if not is_finished(pod)][1:]
    if not create and not delete:
        delete = _update(daemon_set, len(wanted), [pod for name in wanted for pod in by_node.get(name, ())], now)
    return DaemonPlan(create, delete)


def _update(daemon_set: Tree, wanted: int, pods: list[Tree], now: float) -> list[Tree]:
    strategy = daemon_set["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return []
    revision = revision_of(daemon_set)
    min_ready_s = int(daemon_set["spec"].get("minReadySeconds") or 0)
    limit = max(1, int_or_percent((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), wanted, round_up=True))
    away = [pod for pod in pods if is_deleting(pod) or not is_available(pod, min_ready_s, now)]
    old = [pod for pod in pods if labels_of(pod).get(REVISION_LABEL) != revision and not is_deleting(pod)]
    useless = [pod for pod in old if pod in away]
    room = max(0, limit - len(away))
    return useless + [pod for pod in old if pod not in away][:room]


def pod_for(daemon_set: Tree, node: str) -> Tree:
    """Return the Pod for one node."""
    pod = pod_from_template(daemon_set["spec"]["template"], daemon_set, labels={REVISION_LABEL: revision_of(daemon_set)})
    spec = dict(pod["spec"])
    affinity = dict(spec.get("affinity") or {})
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    affinity["nodeAffinity"] = {
        **(affinity.get("nodeAffinity") or {}), "requiredDuringSchedulingIgnoredDuringExecution": required,
    }  # fmt: skip
    pod["spec"] = {**spec, "affinity": affinity, "tolerations": [*(spec.get("tolerations") or ()), *DAEMON_TOLERATIONS]}
    return pod


def daemon_status(daemon_set: Tree, nodes: list[Tree], pods: list[Tree], now: float) -> Tree:
    """Return the whole status."""
    wanted = {name_of(node) for node in nodes if should_run(daemon_set, node)}
    owned = [pod for pod in owned_pods(daemon_set, pods) if not is_deleting(pod)]
    on_wanted = [pod for pod in owned if node_of(pod) in wanted]
    min_ready_s = int(daemon_set["spec"].get("minReadySeconds") or 0)
    available = sum(is_available(pod, min_ready_s, now) for pod in on_wanted)
    updated = sum(labels_of(pod).get(REVISION_LABEL) == revision_of(daemon_set) for pod in on_wanted)
    optional = {
        "updatedNumberScheduled": updated,
        "numberAvailable": available,
        "numberUnavailable": len(wanted) - available,
    }
    return {
        "currentNumberScheduled": len({node_of(pod) for pod in on_wanted}),
        "numberMisscheduled": len({node_of(pod) for pod in owned if node_of(pod) not in wanted}),
        "desiredNumberScheduled": len(wanted),
        "numberReady": sum(map(is_ready, on_wanted)),
        "observedGeneration": generation_of(daemon_set),
        **{name: count for name, count in optional.items() if count},
    }
