"""Progressive delivery of Pods: Argo Rollouts and the deployments modelled on it, which no table of rows can express."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.language import conditions, items, shown
from pilothouse.delivery.gitops.engine.health.verdict import (
    DEGRADED,
    HEALTHY,
    PROGRESSING,
    RULES,
    STATUSES,
    SUSPENDED,
    UNKNOWN,
    Health,
)

_FAILED = conditions(
    ("InvalidSpec=*", DEGRADED, "{message}"),
    ("Progressing=* reason=RolloutAborted|ProgressDeadlineExceeded", DEGRADED, "{message}"),
)
_WAITING = "Waiting for roll out to finish: "


def argo_rollout(tree: Tree) -> Health:
    """Judge a Rollout: since v1.0 by its own phase, before by replicas, steps and cutover."""
    status = tree.get("status")
    if not isinstance(status, dict) or not _is_observed(tree, status):
        return Health(PROGRESSING, "Waiting for rollout spec update to be observed", RULES)
    if status.get("phase") is not None:
        return _own_phase(tree, status)
    spec = tree.get("spec") or {}
    return _FAILED(tree) or _paused(spec, status) or _rolling(spec, status) or Health(HEALTHY, "", RULES)


def _own_phase(tree: Tree, status: Tree) -> Health:
    """Take the controller's word; where it says nothing of a failure, the condition does."""
    phase, message = shown(status["phase"]), shown(status.get("message"))
    failed = _FAILED(tree) if phase == DEGRADED and not message else None
    verdict = SUSPENDED if phase == "Paused" else phase if phase in STATUSES else UNKNOWN
    return failed or Health(verdict, message, RULES)


def _is_observed(tree: Tree, status: Tree) -> bool:
    """Whether the controller saw the spec, and that of the workload it takes over. A hash stands for v0.9, which cannot tell."""
    meta, spec = metadata(tree), tree.get("spec") or {}
    seen, wanted = _number(status.get("observedGeneration")), _number(meta.get("generation"))
    if seen is not None and wanted is not None and seen < wanted:
        return False
    annotations = meta.get("annotations")
    if spec.get("workloadRef") is None or annotations is None:
        return True
    workload = _number(annotations.get("rollout.argoproj.io/workload-generation"))
    return workload == _number(status.get("workloadObservedGeneration"))


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _paused(spec: Tree, status: Tree) -> Health | None:
    if any(True for _ in items(status.get("pauseConditions"))) or spec.get("paused"):
        return Health(SUSPENDED, "Rollout is paused", RULES)
    return None


def _rolling(spec: Tree, status: Tree) -> Health | None:
    """Return why an unpaused rollout is not done, None when it is."""
    message = _replicas(spec, status) or _strategy(spec.get("strategy") or {}, status)
    return Health(PROGRESSING, message, RULES) if message else None


def _replicas(spec: Tree, status: Tree) -> str:
    if status.get("currentPodHash") is None:
        return "Waiting for rollout to finish: status has not been reconciled."
    updated, wanted = status.get("updatedReplicas") or 0, spec.get("replicas")
    if updated < (1 if wanted is None else wanted):
        return _WAITING + "More replicas need to be updated"
    if (status.get("availableReplicas") or 0) < updated:
        return _WAITING + "updated replicas are still becoming available"
    return ""


def _strategy(strategy: Tree, status: Tree) -> str:
    current, stable = status["currentPodHash"], _stable(status)
    if strategy.get("blueGreen") is not None:
        if (status.get("blueGreen") or {}).get("activeSelector") != current:
            return "active service cutover pending"
        return "" if stable in {"", current} else "waiting for analysis to complete"
    if strategy.get("canary") is not None:
        if (status.get("replicas") or 0) > (status.get("updatedReplicas") or 0):
            return _WAITING + "old replicas are pending termination"
        return "" if stable == current else "Waiting for rollout to finish steps"
    return ""


def _stable(status: Tree) -> Any:
    """Return the stable ReplicaSet; before v0.8 it stood under the canary status."""
    if status.get("stableRS") is not None:
        return status["stableRS"]
    canary = status.get("canary")
    return canary.get("stableRS") if isinstance(canary, dict) else ""
