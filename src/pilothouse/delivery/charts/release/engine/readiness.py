"""When an object has become what was asked for: the rules of kstatus, which helm waits by.

Called by the waiter for every state of an object it sees. Current, InProgress, Failed and Terminating are kstatus' words. The
GitOps capability judges by other rules (health: is it good for users), so the two are not one table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, condition_of, metadata, name_of

CURRENT, IN_PROGRESS, FAILED, TERMINATING = "Current", "InProgress", "Failed", "Terminating"
NOT_FOUND, UNKNOWN = "NotFound", "Unknown"


class Readiness(msgspec.Struct, frozen=True):
    """A verdict."""

    status: str
    message: str = ""


def readiness_of(tree: Tree, *, wait_for_jobs: bool = False) -> Readiness:
    """Return the verdict on an object; a Job counts as current once it runs, unless `wait_for_jobs`."""
    kind, group = str(tree.get("kind")), str(tree.get("apiVersion") or "").rpartition("/")[0]
    if (group, kind) == ("batch", "Job") and wait_for_jobs:
        return _finished_job(tree)
    general = _general(tree)
    if general is not None:
        return general
    rule = _RULES.get((group, kind))
    return rule(tree) if rule is not None else _by_ready_condition(tree)


def hook_readiness(tree: Tree) -> Readiness:
    """Return the verdict on a hook: Jobs and Pods have to end well, of others it is enough to be there."""
    kind, group = str(tree.get("kind")), str(tree.get("apiVersion") or "").rpartition("/")[0]
    if (group, kind) == ("batch", "Job"):
        return _finished_job(tree)
    if (group, kind) == ("", "Pod"):
        return _finished_pod(tree)
    return Readiness(CURRENT, "Resource is current")


def is_paused(tree: Tree) -> bool:
    """Whether a Deployment is not to be waited for."""
    return tree.get("kind") == "Deployment" and bool((tree.get("spec") or {}).get("paused"))


def _general(tree: Tree) -> Readiness | None:
    meta, status = metadata(tree), tree.get("status") or {}
    if meta.get("deletionTimestamp"):
        return Readiness(TERMINATING, "Resource scheduled for deletion")
    observed, wanted = status.get("observedGeneration"), meta.get("generation")
    if observed is not None and wanted is not None and observed != wanted:
        name = tree.get("kind")
        return Readiness(IN_PROGRESS, f"{name} generation is {wanted}, but latest observed generation is {observed}")
    for kind, verdict in (("Reconciling", IN_PROGRESS), ("Stalled", FAILED)):
        condition = condition_of(tree, kind)
        if condition is not None and condition.get("status") == "True":
            return Readiness(verdict, str(condition.get("message") or ""))
    return None


def _by_ready_condition(tree: Tree) -> Readiness:
    condition = condition_of(tree, "Ready")
    if condition is not None and condition.get("status") in ("False", "Unknown"):
        return Readiness(IN_PROGRESS, str(condition.get("message") or ""))
    return Readiness(CURRENT, "Resource is current")


def _number(section: Tree, key: str, default: int = 0) -> int:
    value = section.get(key)
    return value if isinstance(value, int) else default


def _parts(tree: Tree) -> tuple[Tree, Tree]:
    return tree.get("spec") or {}, tree.get("status") or {}


def _first_short(rows: tuple[tuple[bool, str], ...], done: str) -> Readiness:
    for is_short, message in rows:
        if is_short:
            return Readiness(IN_PROGRESS, message)
    return Readiness(CURRENT, done)


def _deployment(tree: Tree) -> Readiness:
    spec, status = _parts(tree)
    wanted = _number(spec, "replicas", 1)
    updated, total = _number(status, "updatedReplicas"), _number(status, "replicas")
    ready, available = _number(status, "readyReplicas"), _number(status, "availableReplicas")
    progressing = condition_of(tree, "Progressing")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Readiness(FAILED, "Progress deadline exceeded")
    has_available = (condition_of(tree, "Available") or {}).get("status") == "True"
    has_progressed = True
    if "progressDeadlineSeconds" in spec and spec["progressDeadlineSeconds"] != 2**31 - 1:
        has_progressed = (progressing or {}).get("status") == "True" and (progressing or {}).get("reason") == (
            "NewReplicaSetAvailable"
        )
    return _first_short(
        (
            (total < wanted, f"replicas: {total}/{wanted}"),
            (updated < wanted, f"Updated: {updated}/{wanted}"),
            (total > wanted, f"Pending termination: {total - wanted}"),
            (updated > available, f"Available: {available}/{updated}"),
            (ready < wanted, f"Ready: {ready}/{wanted}"),
            (not has_progressed, "ReplicaSet not Available"),
            (not has_available, "Deployment not Available"),
        ),
        f"Deployment is available. Replicas: {total}",
    )


def _replica_set(tree: Tree) -> Readiness:
    spec, status = _parts(tree)
    failure = condition_of(tree, "ReplicaFailure")
    if failure is not None and failure.get("status") == "True":
        return Readiness(IN_PROGRESS, "Replica Failure condition. Check Pods")
    wanted, total = _number(spec, "replicas", 1), _number(status, "replicas")
    labelled, ready = _number(status, "fullyLabeledReplicas"), _number(status, "readyReplicas")
    available = _number(status, "availableReplicas")
    return _first_short(
        (
            (total < wanted, f"Replicas: {total}/{wanted}"),
            (labelled < wanted and "fullyLabeledReplicas" in status, f"Labelled: {labelled}/{wanted}"),
            (available < wanted, f"Available: {available}/{wanted}"),
            (ready < wanted, f"Ready: {ready}/{wanted}"),
            (total > wanted, f"Pending termination: {total - wanted}"),
        ),
        f"ReplicaSet is available. Replicas: {total}",
    )


def _stateful_set(tree: Tree) -> Readiness:
    spec, status = _parts(tree)
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return Readiness(CURRENT, "StatefulSet is using the ondelete update strategy")
    wanted, ready = _number(spec, "replicas", 1), _number(status, "readyReplicas")
    total, current = _number(status, "replicas"), _number(status, "currentReplicas")
    updated = _number(status, "updatedReplicas")
    short = _first_short(
        (
            (total < wanted, f"Replicas: {total}/{wanted}"),
            (ready < wanted, f"Ready: {ready}/{wanted}"),
            (total > wanted, f"Pending termination: {total - wanted}"),
        ),
        "",
    )
    if short.status != CURRENT:
        return short
    partition = _number(strategy.get("rollingUpdate") or {}, "partition", -1)
    if partition >= 0:
        if updated < wanted - partition:
            return Readiness(IN_PROGRESS, f"updated: {updated}/{wanted - partition}")
        return Readiness(CURRENT, f"Partition rollout complete. updated: {updated}")
    if current < wanted:
        return Readiness(IN_PROGRESS, f"current: {current}/{wanted}")
    if status.get("currentRevision") != status.get("updateRevision"):
        return Readiness(IN_PROGRESS, "Waiting for updated revision to match current")
    return Readiness(CURRENT, f"All replicas scheduled as expected. Replicas: {total}")


def _daemon_set(tree: Tree) -> Readiness:
    status = tree.get("status") or {}
    if "desiredNumberScheduled" not in status or "observedGeneration" not in status:
        return Readiness(IN_PROGRESS, "Missing .status.desiredNumberScheduled")
    wanted = _number(status, "desiredNumberScheduled")
    counts = {
        name: _number(status, key)
        for name, key in (
            ("Current", "currentNumberScheduled"), ("Updated", "updatedNumberScheduled"),
            ("Available", "numberAvailable"), ("Ready", "numberReady"),
        )
    }  # fmt: skip
    rows = tuple((count < wanted, f"{name}: {count}/{wanted}") for name, count in counts.items())
    return _first_short(rows, f"All replicas scheduled as expected. Replicas: {wanted}")


def _job_numbers(tree: Tree) -> tuple[int, int, int]:
    spec, status = _parts(tree)
    completions = _number(spec, "completions", _number(spec, "parallelism", 1))
    return completions, _number(status, "succeeded"), _number(status, "failed")


def _ended_job(tree: Tree) -> Readiness | None:
    completions, succeeded, failed = _job_numbers(tree)
    for condition in (tree.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") == "Complete":
            return Readiness(CURRENT, f"Job Completed. succeeded: {succeeded}/{completions}")
        if condition.get("status") == "True" and condition.get("type") == "Failed":
            return Readiness(FAILED, f"Job Failed. failed: {failed}/{completions}")
    return None


def _finished_job(tree: Tree) -> Readiness:
    return _ended_job(tree) or Readiness(IN_PROGRESS, "Job in progress")


def _job(tree: Tree) -> Readiness:
    ended = _ended_job(tree)
    if ended is not None:
        return ended
    status = tree.get("status") or {}
    if not status.get("startTime"):
        return Readiness(IN_PROGRESS, "Job not started")
    _, succeeded, failed = _job_numbers(tree)
    counts = f"success:{succeeded}, active: {_number(status, 'active')}, failed: {failed}"
    return Readiness(CURRENT, f"Job in progress. {counts}")


def _finished_pod(tree: Tree) -> Readiness:
    phase, name = (tree.get("status") or {}).get("phase"), name_of(tree)
    if phase == "Succeeded":
        return Readiness(CURRENT, f"pod {name} succeeded")
    if phase == "Failed":
        return Readiness(FAILED, f"pod {name} failed")
    return Readiness(IN_PROGRESS, "Pod in progress")


def _pod(tree: Tree) -> Readiness:
    status = tree.get("status") or {}
    phase = status.get("phase")
    if phase == "Succeeded":
        return Readiness(CURRENT, "Pod has completed successfully")
    if phase == "Failed":
        return Readiness(FAILED, "Pod has completed, but not successfully")
    if phase == "Running":
        if (condition_of(tree, "Ready") or {}).get("status") == "True":
            return Readiness(CURRENT, "Pod is Ready")
        crashing = _crashing(status)
        if crashing:
            return Readiness(FAILED, f"Containers in CrashLoop state: {crashing}")
        return Readiness(IN_PROGRESS, "Pod is running but is not Ready")
    if phase == "Pending":
        scheduled = condition_of(tree, "PodScheduled") or {}
        if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
            return Readiness(IN_PROGRESS, "Pod could not be scheduled")
        return Readiness(IN_PROGRESS, "Pod is in the Pending phase")
    return Readiness(IN_PROGRESS, "Pod phase not available")


def _crashing(status: Tree) -> str:
    names: list[Any] = []
    for state in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (state.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") == "CrashLoopBackOff":
            names.append(state.get("name"))
    return ",".join(map(str, names))


def _claim(tree: Tree) -> Readiness:
    phase = (tree.get("status") or {}).get("phase") or "unknown"
    if phase == "Bound":
        return Readiness(CURRENT, "PVC is Bound")
    return Readiness(IN_PROGRESS, f"PVC is not Bound. phase: {phase}")


def _service(tree: Tree) -> Readiness:
    spec = tree.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return Readiness(IN_PROGRESS, "ClusterIP not set. Service type: LoadBalancer")
    return Readiness(CURRENT, "Service is ready")


def _disruption_budget(tree: Tree) -> Readiness:
    status = tree.get("status") or {}
    current, wanted = _number(status, "currentHealthy"), _number(status, "desiredHealthy")
    if wanted <= 0 and "observedGeneration" not in status:
        return Readiness(CURRENT, "Budget is met.")
    if current < wanted:
        return Readiness(IN_PROGRESS, f"Budget not met. healthy replicas: {current}/{wanted}")
    return Readiness(CURRENT, f"Budget is met. Replicas: {current}/{wanted}")


def _definition(tree: Tree) -> Readiness:
    for condition in (tree.get("status") or {}).get("conditions") or ():
        kind, state = condition.get("type"), condition.get("status")
        if kind == "NamesAccepted" and state == "False":
            return Readiness(FAILED, str(condition.get("message") or ""))
        if kind == "Established" and state == "True":
            return Readiness(CURRENT, "CRD is established")
        if kind == "Established" and condition.get("reason") != "Installing":
            return Readiness(FAILED, str(condition.get("message") or ""))
    return Readiness(IN_PROGRESS, "Install in progress")


_RULES: dict[tuple[str, str], Callable[[Tree], Readiness]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("policy", "PodDisruptionBudget"): _disruption_budget,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
