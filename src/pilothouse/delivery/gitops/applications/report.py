"""The status of an Application, in Argo CD's form. Pure."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.applications.assessment import Assessment
from pilothouse.delivery.gitops.applications.conditions import HEALTH, SHARED, SYNC, Problem, conditions
from pilothouse.delivery.gitops.applications.operation import Operation
from pilothouse.delivery.gitops.applications.requests import would_remove_everything
from pilothouse.delivery.gitops.engine.health import MISSING, PROBE, Health
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.clock import rfc3339


def _compared_to(app: App) -> Tree:
    spec = app.spec
    found: Tree = {"destination": spec.get("destination") or {}}
    for member in ("sources", "source", "ignoreDifferences"):
        if spec.get(member) and not (member == "source" and spec.get("sources")):
            found[member] = spec[member]
    return found


def _revisions(app: App, revisions: tuple[str, ...]) -> Tree:
    return {"revisions": list(revisions)} if app.spec.get("sources") else {"revision": revisions[0] if revisions else ""}


def failed(tree: Tree, problems: list[Problem], now: float, operation: Operation | None = None) -> Tree:
    """Return the status when the wanted state cannot be told; the last known resources stay."""
    status = dict(tree.get("status") or {})
    status["conditions"] = conditions(status, problems, now)
    status["sync"] = {**(status.get("sync") or {}), "status": "Unknown"}
    status.setdefault("health", {"status": "Unknown"})
    if operation is not None:
        status["operationState"] = operation.state()
        status["reconciledAt"] = rfc3339(now)
    return status


def assessed(
    app: App, revisions: tuple[str, ...], types: tuple[str, ...], assessment: Assessment, operation: Operation | None,
    problems: list[Problem], now: float, history_limit: int,
) -> Tree:  # fmt: skip
    """Return the whole status after a comparison."""
    old = app.status
    health = assessment.health
    if assessment.resources and all(entry.health == MISSING for entry in assessment.resources) and not old.get("history"):
        health = MISSING
    status: Tree = {
        "sync": {
            "status": "Synced" if assessment.is_synced else "OutOfSync", **_revisions(app, revisions),
            "comparedTo": _compared_to(app),
        },
        "health": _health(old, health, assessment.own, now), "resources": assessment.status(), **_types(app, types),
        "history": old.get("history") or [], "summary": _summary(assessment), "controllerNamespace": app.namespace,
    }  # fmt: skip
    if operation is not None:
        status["operationState"] = operation.state()
        if operation.phase == "Succeeded" and not operation.is_recorded:
            status["history"] = _history(app, old, operation, history_limit)
            operation.is_recorded = True
    found = [*problems, *_problems(app, revisions, assessment, operation)]
    if found:
        status["conditions"] = conditions(old, found, now)
    same = {key: value for key, value in old.items() if key not in {"reconciledAt", "observedAt"}} == status
    status["reconciledAt"] = old["reconciledAt"] if same and "reconciledAt" in old else rfc3339(now)
    if "observedAt" in old:
        status["observedAt"] = status["reconciledAt"]
    return status


def _problems(app: App, revisions: tuple[str, ...], assessment: Assessment, operation: Operation | None) -> list[Problem]:
    found: list[Problem] = [(SHARED, text) for text in assessment.shared]
    found += [(HEALTH, text) for text in assessment.warnings]
    if operation is not None and operation.phase in {"Failed", "Error"} and operation.is_automated:
        shown = ", ".join(revision[:12] for revision in operation.revisions)
        found.append((SYNC, f"Failed last sync attempt to [{shown}]: {operation.message}"))
    if would_remove_everything(app, assessment):
        found.append((SYNC, f"Skipping sync attempt to {', '.join(revisions)}: auto-sync will wipe out all resources"))
    return found


def _types(app: App, types: tuple[str, ...]) -> Tree:
    return {"sourceTypes": list(types)} if app.spec.get("sources") else {"sourceType": types[0] if types else "Directory"}


def _health(old: Tree, status: str, own: Health | None, now: float) -> Tree:
    """Return status.health; where the probe of the Application itself decided, that is said."""
    known: Tree = old.get("health") or {}
    time = known.get("lastTransitionTime") if known.get("status") == status else None
    said: Tree = {}
    if own is not None and own.source == PROBE and own.status == status:
        said = {"source": own.source, **({"message": own.message} if own.message else {})}
    return {"status": status, **said, "lastTransitionTime": time or rfc3339(now)}


def _history(app: App, old: Tree, operation: Operation, limit: int) -> list[Tree]:
    """Return the history with a finished sync; a partial or dry run, or the same as the last entry, adds nothing."""
    history = list(old.get("history") or [])
    request = operation.request
    if request.dry_run or request.only:
        return history
    sync = request.raw.get("sync") or {}
    sources = {"sources": sync.get("sources") or app.spec["sources"]} if app.spec.get("sources") else {
        "source": sync.get("source") or app.spec.get("source")
    }  # fmt: skip
    reached = _revisions(app, operation.revisions)
    if history and all(history[-1].get(key) == value for key, value in {**reached, **sources}.items()):
        return history
    by: Tree = {"automated": True} if request.is_automated else {"username": request.username}
    history.append(
        {
            "id": int(history[-1]["id"]) + 1 if history else 0, **reached, **sources,
            "deployStartedAt": rfc3339(operation.started_at), "deployedAt": rfc3339(operation.finished_at), "initiatedBy": by,
        }
    )  # fmt: skip
    wanted = app.spec.get("revisionHistoryLimit")
    keep = limit if wanted is None else int(wanted)
    return history[-keep:] if keep > 0 else []


def _summary(assessment: Assessment) -> Tree:
    images = sorted({image for entry in assessment.resources for image in entry.images})
    urls = sorted({url for entry in assessment.resources for url in entry.urls})
    return {**({"images": images} if images else {}), **({"externalURLs": urls} if urls else {})}
