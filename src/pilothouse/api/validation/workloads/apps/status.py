"""Rules of the status of what runs replicas: its counters fit together, and collisions are never uncounted."""

from __future__ import annotations

from pilothouse.api.findings import invalid
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative

_TOTAL = "cannot be greater than status.replicas"
_DEPLOYMENT = (
    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
    "collisionCount",
)  # fmt: skip
_REPLICA_SET = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")
_STATEFUL_SET = (
    "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration",
    "collisionCount",
)  # fmt: skip
_DAEMON_SET = (
    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
    "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
)  # fmt: skip


def deployment_status(new: Obj, old: Obj) -> Findings:
    """The counters of a Deployment."""
    status = _status(new)
    out = all_non_negative("status", status, *_DEPLOYMENT)
    out += _at_most_replicas(status, "updatedReplicas", "readyReplicas", "availableReplicas")
    return out + _ready(status, "readyReplicas") + _collisions(status, old)


def replica_set_status(new: Obj, old: Obj) -> Findings:
    """The counters of a ReplicaSet or ReplicationController."""
    status = _status(new)
    out = all_non_negative("status", status, *_REPLICA_SET)
    out += _at_most_replicas(status, "fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    return out + _ready(status, "readyReplicas")


def stateful_set_status(new: Obj, old: Obj) -> Findings:
    """The counters of a StatefulSet."""
    status = _status(new)
    out = all_non_negative("status", status, *_STATEFUL_SET)
    out += _at_most_replicas(status, "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    return out + _ready(status, "status.readyReplicas") + _collisions(status, old)


def daemon_set_status(new: Obj, old: Obj) -> Findings:
    """The counters of a DaemonSet."""
    status = _status(new)
    return all_non_negative("status", status, *_DAEMON_SET) + _collisions(status, old)


def _status(obj: Obj) -> Obj:
    return obj.get("status") or {}


def _at_most_replicas(status: Obj, *fields: str) -> Findings:
    replicas = status.get("replicas", 0)
    return [invalid(f"status.{name}", status.get(name, 0), _TOTAL) for name in fields if status.get(name, 0) > replicas]


def _ready(status: Obj, shown: str) -> Findings:
    available, ready = status.get("availableReplicas", 0), status.get("readyReplicas", 0)
    return [invalid("status.availableReplicas", available, f"cannot be greater than {shown}")] if available > ready else []


def _collisions(status: Obj, old: Obj) -> Findings:
    count, before = status.get("collisionCount"), _status(old).get("collisionCount")
    is_less = before is not None and (count is None or count < before)
    return [invalid("status.collisionCount", count or 0, "cannot be decremented")] if is_less else []
