"""What a ReplicaSet or a ReplicationController needs: which Pods to adopt, release, create and delete, and its status."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, controller_of, generation_of, is_deleting, labels_of, uid_of
from pilothouse.api.selectors import LabelSelector, label_selector_from_object
from pilothouse.cluster.workloads.pods import deletion_rank, is_active, is_available, is_orphan_of, is_ready

BURST = 500


class ReplicaPlan(msgspec.Struct, frozen=True):
    """What to do now."""

    adopt: list[Tree]
    release: list[Tree]
    create: int
    delete: list[Tree]


def plan_replicas(replica_set: Tree, pods: list[Tree]) -> ReplicaPlan:
    """Compare the wish with the Pods of the namespace."""
    selector = selector_of(replica_set)
    uid = uid_of(replica_set)
    owned = [pod for pod in pods if (controller_of(pod) or {}).get("uid") == uid]
    if is_deleting(replica_set):
        return ReplicaPlan([], [], 0, [])
    release = [pod for pod in owned if not selector.matches(labels_of(pod)) and not is_deleting(pod)]
    adopt = [pod for pod in pods if is_orphan_of(pod, selector)]
    active = [pod for pod in (*owned, *adopt) if is_active(pod) and selector.matches(labels_of(pod))]
    wanted = wanted_replicas(replica_set)
    surplus = sorted(active, key=deletion_rank)[: max(0, len(active) - wanted)]
    return ReplicaPlan(adopt, release, min(BURST, max(0, wanted - len(active))), surplus[:BURST])


def selector_of(tree: Tree) -> LabelSelector:
    """Return spec.selector; a ReplicationController's is a plain map."""
    selector = tree["spec"]["selector"]
    return label_selector_from_object({"matchLabels": selector} if is_replication_controller(tree) else selector)


def is_replication_controller(tree: Tree) -> bool:
    """Whether it is a ReplicationController rather than a ReplicaSet."""
    return tree.get("kind") == "ReplicationController"


def wanted_replicas(tree: Tree) -> int:
    """Return spec.replicas, 1 when it is not set."""
    replicas = tree["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)


def replica_status(replica_set: Tree, pods: list[Tree], now: float, failure: str = "") -> Tree:
    """Return the status for the owned Pods; zero counts are left out like upstream does."""
    spec = replica_set["spec"]
    template_labels = (spec["template"].get("metadata") or {}).get("labels") or {}
    owned = [pod for pod in pods if (controller_of(pod) or {}).get("uid") == uid_of(replica_set)]
    active = [pod for pod in owned if is_active(pod)]
    min_ready_s = int(spec.get("minReadySeconds") or 0)
    counts = {
        "fullyLabeledReplicas": sum(template_labels.items() <= labels_of(pod).items() for pod in active),
        "readyReplicas": sum(map(is_ready, active)),
        "availableReplicas": sum(is_available(pod, min_ready_s, now) for pod in active),
    }
    status: Tree = {"replicas": len(active), **{name: count for name, count in counts.items() if count}}
    if not is_replication_controller(replica_set):
        status["terminatingReplicas"] = sum(is_deleting(pod) for pod in owned)
    status["observedGeneration"] = generation_of(replica_set)
    conditions = [c for c in (replica_set.get("status") or {}).get("conditions") or () if c["type"] != "ReplicaFailure"]
    if failure:
        conditions.append({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": failure})
    if conditions:
        status["conditions"] = conditions
    return status
