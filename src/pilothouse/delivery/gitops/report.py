"""The status of an Application, in Argo CD's form. Pure."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.assessment import Assessment
from pilothouse.delivery.gitops.engine.health import MISSING
from pilothouse.delivery.gitops.operation import Operation
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import PilothouseError


def last_synced(tree: Tree) -> str:
    """Return the revision of the newest entry of the history."""
    history = (tree.get("status") or {}).get("history") or []
    return str(history[-1].get("revision", "")) if history else ""


def _compared_to(app: App) -> Tree:
    return {"source": app.tree["spec"]["source"], "destination": app.tree["spec"].get("destination") or {}}


def failed(tree: Tree, error: PilothouseError, now: float) -> Tree:
    """Return the status when the wanted state cannot be told; the last known resources stay."""
    status = dict(tree.get("status") or {})
    status["conditions"] = [_condition(status, "ComparisonError", error.message, now)]
    status["sync"] = {**(status.get("sync") or {}), "status": "Unknown"}
    status.setdefault("health", {"status": "Unknown"})
    return status


def would_remove_everything(app: App, assessment: Assessment) -> bool:
    """Whether syncing without being asked would leave nothing, as an empty folder by mistake does; `allowEmpty` permits it."""
    entries = assessment.resources
    removes = app.policy.is_automated and app.policy.prune and not app.policy.allow_empty
    return removes and bool(entries) and all(entry.requires_pruning for entry in entries)


def _condition(old: Tree, kind: str, message: str, now: float) -> Tree:
    known = next((c for c in old.get("conditions") or () if c.get("message") == message), None)
    return known or {"type": kind, "message": message, "lastTransitionTime": rfc3339(now)}


def assessed(
    app: App, revision: str, assessment: Assessment, operation: Operation | None, now: float, history_limit: int
) -> Tree:
    """Return the whole status after a comparison."""
    old = app.tree.get("status") or {}
    health = assessment.health
    if assessment.resources and all(entry.health in {MISSING, ""} for entry in assessment.resources) and not old.get("history"):
        health = MISSING
    status: Tree = {
        "sync": {
            "status": "Synced" if assessment.is_synced else "OutOfSync",
            "revision": revision,
            "comparedTo": _compared_to(app),
        },
        "health": _health(old, health, now),
        "resources": assessment.status(),
        "sourceType": old.get("sourceType") or "Helm",
        "history": old.get("history") or [],
        "summary": _summary(assessment),
    }
    if operation is not None:
        status["operationState"] = operation.state()
        if operation.phase == "Succeeded":
            status["history"] = _history(app, old, operation, history_limit)
        elif operation.phase == "Failed":
            stamp = rfc3339(operation.finished_at)
            status["conditions"] = [{"type": "SyncError", "message": operation.message, "lastTransitionTime": stamp}]
    elif "operationState" in old:
        status["operationState"] = old["operationState"]
    if would_remove_everything(app, assessment):
        message = f"Skipping sync attempt to {revision}: auto-sync will wipe out all resources"
        status["conditions"] = [_condition(old, "SyncError", message, now)]
    same = {key: value for key, value in old.items() if key != "reconciledAt"} == status
    status["reconciledAt"] = old["reconciledAt"] if same and "reconciledAt" in old else rfc3339(now)
    return status


def _health(old: Tree, status: str, now: float) -> Tree:
    known = old.get("health") or {}
    if known.get("status") == status:
        return known
    return {"status": status, "lastTransitionTime": rfc3339(now)}


def _history(app: App, old: Tree, operation: Operation, limit: int) -> list[Tree]:
    history = list(old.get("history") or [])
    if history and history[-1].get("revision") == operation.revision:
        return history
    history.append(
        {
            "id": int(history[-1]["id"]) + 1 if history else 0,
            "revision": operation.revision,
            "deployStartedAt": rfc3339(operation.started_at),
            "deployedAt": rfc3339(operation.finished_at),
            "source": app.tree["spec"]["source"],
            "initiatedBy": {"automated": operation.is_automated},
        }
    )
    return history[-limit:]


def _summary(assessment: Assessment) -> Tree:
    images = set()
    for entry in assessment.resources:
        template = ((entry.tree.get("spec") or {}).get("template") or {}).get("spec") or {}
        images |= {str(container.get("image", "")) for container in template.get("containers") or ()}
    return {"images": sorted(images)} if images else {}
