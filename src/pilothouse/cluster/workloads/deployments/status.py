"""The status of a Deployment: counts, and the Available and Progressing conditions. Pure."""

from __future__ import annotations

from pilothouse.api.meta import Tree, condition_of, generation_of, is_deleting, name_of
from pilothouse.cluster.workloads.deployments.engine import available_of, limits_of, replicas_of
from pilothouse.kit.clock import parse_rfc3339, rfc3339


def _sum(replica_sets: list[Tree], name: str) -> int:
    return sum(int((rs.get("status") or {}).get(name) or 0) for rs in replica_sets)


def is_complete(deployment: Tree, status: Tree) -> bool:
    """Whether all wanted Pods are of the present template and available, and no others are left."""
    wanted = limits_of(deployment).wanted
    return all(status.get(name, 0) == wanted for name in ("updatedReplicas", "replicas", "availableReplicas"))


def deployment_status(deployment: Tree, current: Tree | None, others: list[Tree], now: float) -> Tree:
    """Return the whole status; times move only when a condition changes. One that is deleted makes no progress any more."""
    sets = [*others, *([current] if current else [])]
    old = deployment.get("status") or {}
    available = sum(map(available_of, sets))
    counts = {
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([current], "replicas") if current else 0,
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(map(replicas_of, sets)) - available),
    }
    status: Tree = {"observedGeneration": generation_of(deployment), **{name: count for name, count in counts.items() if count}}
    status["terminatingReplicas"] = _sum(sets, "terminatingReplicas")
    if "collisionCount" in old:
        status["collisionCount"] = old["collisionCount"]
    if is_deleting(deployment):
        kept = [c for c in old.get("conditions") or () if c["type"] != "Available"]
        return {**status, "conditions": [_available(deployment, available, now), *kept]}
    conditions = [_available(deployment, available, now), _progressing(deployment, status, current, now)]
    failure = next(
        (c for rs in sets for c in (rs.get("status") or {}).get("conditions") or () if c["type"] == "ReplicaFailure"), None
    )
    if failure is not None:
        conditions.append(_condition(deployment, "ReplicaFailure", "True", "FailedCreate", failure.get("message", ""), now))
    status["conditions"] = [condition for condition in conditions if condition is not None]
    return status


def _condition(deployment: Tree, kind: str, value: str, reason: str, message: str, now: float) -> Tree:
    old = condition_of(deployment, kind) or {}
    stamp = rfc3339(now)
    is_same = old.get("status") == value and old.get("reason") == reason and old.get("message") == message
    return {
        "type": kind,
        "status": value,
        "lastUpdateTime": old.get("lastUpdateTime", stamp) if is_same else stamp,
        "lastTransitionTime": old.get("lastTransitionTime", stamp) if old.get("status") == value else stamp,
        "reason": reason,
        "message": message,
    }


def _available(deployment: Tree, available: int, now: float) -> Tree:
    limits = limits_of(deployment)
    if available >= limits.wanted - limits.unavailable:
        reason, message = "MinimumReplicasAvailable", "Deployment has minimum availability."
        return _condition(deployment, "Available", "True", reason, message, now)
    reason, message = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    return _condition(deployment, "Available", "False", reason, message, now)


def _progressing(deployment: Tree, status: Tree, current: Tree | None, now: float) -> Tree | None:
    if deployment["spec"].get("paused"):
        return _condition(deployment, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now)
    if current is None:
        return condition_of(deployment, "Progressing")
    name = name_of(current)
    if is_complete(deployment, status):
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return _condition(deployment, "Progressing", "True", "NewReplicaSetAvailable", message, now)
    old = condition_of(deployment, "Progressing") or {}
    if _has_moved(deployment.get("status") or {}, status) or old.get("reason") == "NewReplicaSetAvailable" or not old:
        message = f'ReplicaSet "{name}" is progressing.'
        condition = _condition(deployment, "Progressing", "True", "ReplicaSetUpdated", message, now)
        return {**condition, "lastUpdateTime": rfc3339(now)}
    if old.get("reason") == "ProgressDeadlineExceeded" or deadline_in_s(deployment, now) <= 0:
        message = f'ReplicaSet "{name}" has timed out progressing.'
        return _condition(deployment, "Progressing", "False", "ProgressDeadlineExceeded", message, now)
    return old


def _has_moved(old: Tree, new: Tree) -> bool:
    return any(new.get(name, 0) > old.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")) or (
        new.get("replicas", 0) - new.get("updatedReplicas", 0) < old.get("replicas", 0) - old.get("updatedReplicas", 0)
    )


def deadline_in_s(deployment: Tree, now: float) -> float:
    """Return the seconds until the rollout counts as stuck."""
    condition = condition_of(deployment, "Progressing")
    allowed = float(deployment["spec"].get("progressDeadlineSeconds") or 600)
    if condition is None or not condition.get("lastUpdateTime"):
        return allowed
    return parse_rfc3339(condition["lastUpdateTime"]) + allowed - now
