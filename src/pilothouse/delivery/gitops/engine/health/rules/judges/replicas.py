"""Judges of workloads that count replicas or runs."""

from __future__ import annotations

from pilothouse.api.meta import Tree, metadata
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, items, path
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, SUSPENDED, Health

_ROLLED_OUT = {("Available", ""), ("Progressing", "NewReplicationControllerAvailable")}
_INITIAL = Health(PROGRESSING, "Waiting for initialization", RULES)


def if_any(where: str, status: str, message: str) -> Rule:
    """Give the verdict when the list has entries."""
    read = path(where)
    return lambda tree: Health(status, message, RULES) if read(tree) else None


def _observed_status(tree: Tree) -> Tree | None:
    """Return the status when it is that of the newest generation."""
    status = tree.get("status")
    if not isinstance(status, dict) or status.get("observedGeneration") != metadata(tree).get("generation"):
        return None
    return status


def _generation(tree: Tree) -> int:
    generation = metadata(tree).get("generation")
    return generation if isinstance(generation, int) else 0


def clone_set(tree: Tree) -> Health:
    """Judge a CloneSet; with a partition, a person decides when it goes on."""
    status = _observed_status(tree)
    if status is None:
        return _INITIAL
    strategy = (tree.get("spec") or {}).get("updateStrategy") or {}
    if strategy.get("paused") is True or status.get("updatedAvailableReplicas") is None:
        return Health(SUSPENDED, "Cloneset is paused", RULES)
    if strategy.get("partition") != 0 and _generation(tree) > 1:
        if (status.get("updatedReplicas") or 0) >= (status.get("expectedUpdatedReplicas") or 0):
            return Health(SUSPENDED, "Cloneset needs manual intervention", RULES)
        return _INITIAL
    if status["updatedAvailableReplicas"] == status.get("replicas"):
        return Health(HEALTHY, "All Cloneset workloads are ready and updated", RULES)
    return Health(DEGRADED, "Some replicas are not ready or available", RULES)


def _rolling_update(tree: Tree) -> Tree:
    found: Tree = ((tree.get("spec") or {}).get("updateStrategy") or {}).get("rollingUpdate") or {}
    return found


def daemon_set(tree: Tree) -> Health:
    """Judge an advanced DaemonSet."""
    status = _observed_status(tree)
    if status is None:
        return _INITIAL
    update, updated, wanted = _rolling_update(tree), status.get("updatedNumberScheduled"), status.get("desiredNumberScheduled")
    if update.get("paused") is True or updated is None:
        return Health(SUSPENDED, "Daemonset is paused", RULES)
    if update.get("partition") != 0 and _generation(tree) > 1:
        if updated > (wanted or 0) - (update.get("partition") or 0):
            return Health(SUSPENDED, "Daemonset needs manual intervention", RULES)
        return _INITIAL
    if updated == wanted and status.get("numberAvailable") == wanted:
        return Health(HEALTHY, "All Daemonset workloads are ready and updated", RULES)
    if updated == wanted and status.get("numberUnavailable") == wanted:
        return Health(DEGRADED, "Some pods are not ready or available", RULES)
    return _INITIAL


def stateful_set(tree: Tree) -> Health:
    """Judge an advanced StatefulSet."""
    status = _observed_status(tree)
    if status is None:
        return _INITIAL
    update = _rolling_update(tree)
    if update.get("paused") is True or status.get("updatedAvailableReplicas") is None:
        return Health(SUSPENDED, "Statefulset is paused", RULES)
    if update.get("partition") != 0 and _generation(tree) > 1:
        if (status.get("updatedReplicas") or 0) > (status.get("replicas") or 0) - (update.get("partition") or 0):
            return Health(SUSPENDED, "Statefulset needs manual intervention", RULES)
        return _INITIAL
    if status["updatedAvailableReplicas"] == status.get("replicas"):
        return Health(HEALTHY, "All Statefulset workloads are ready and updated", RULES)
    return Health(DEGRADED, "Some replicas are not ready or available", RULES)


def deployment_config(tree: Tree) -> Health:
    """Judge a DeploymentConfig: available and rolled out, or scaled to nothing on purpose."""
    found, replicas = path("status.conditions")(tree), path("status.replicas")(tree)
    met = [
        each
        for each in items(found)
        if each.get("status") == "True"
        and (each.get("type"), each.get("reason") if each.get("type") == "Progressing" else "") in _ROLLED_OUT
    ]
    if found is None or (len(met) == 1 and replicas != 0):
        return Health(PROGRESSING, "replication controller is waiting for pods to run", RULES)
    if met or replicas == 0:
        return Health(HEALTHY, "replication controller successfully rolled out", RULES)
    return Health(DEGRADED, "Deployment config is degraded", RULES)


def cron_job(tree: Tree) -> Health:
    """Judge a CronJob by its last run; runs that are still going on tell nothing."""
    if (tree.get("spec") or {}).get("suspend") is True:
        return Health(HEALTHY, "CronJob is Suspended", RULES)
    status = tree.get("status")
    if status is None:
        return Health(PROGRESSING, "Waiting for CronJob", RULES)
    scheduled, succeeded = status.get("lastScheduleTime"), status.get("lastSuccessfulTime")
    if scheduled is None:
        return Health(HEALTHY, "CronJob has not been scheduled yet", RULES)
    if succeeded is None:
        return Health(HEALTHY, "The CronJob never completed successfully. It may not be healthy", RULES)
    if status.get("active"):
        return Health(HEALTHY, "The job is running. Its last execution may not have been successful", RULES)
    if succeeded < scheduled:
        return Health(DEGRADED, "CronJob has not completed its last execution successfully", RULES)
    return Health(HEALTHY, "CronJob has completed its last execution successfully", RULES)
