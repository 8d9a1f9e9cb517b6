"""The status of an ApplicationSet, as Argo CD writes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery.gitops.engine.applicationsets.progressive import Rollout, steps_of
from pilothouse.kit.clock import rfc3339

ERROR, PARAMETERS, UP_TO_DATE, ROLLOUT = "ErrorOccurred", "ParametersGenerated", "ResourcesUpToDate", "RolloutProgressing"
VALIDATION_FAILED, WRITE_FAILED, UPDATE_FAILED = "ApplicationValidationError", "CreateApplicationError", "UpdateApplicationError"
HELD = "DeletionHeld"
_GENERATED = "Successfully generated parameters for all Applications"
MAX_RESOURCES = 5000


class Problem(msgspec.Struct, frozen=True):
    """What went wrong."""

    reason: str
    message: str
    is_generating: bool = False
    """Whether parameters could not be generated."""


def status_of(tree: Tree, live: Mapping[str, Tree], problem: Problem | None, rollout: Rollout | None, now: float) -> Tree:
    """Return the whole status."""
    old: Tree = tree.get("status") or {}
    found = {key: value for key, value in old.items() if key != "applicationStatus" or steps_of(tree)}
    found["conditions"] = _conditions(old, problem, rollout, now)
    found["resources"] = [_resource(live[name]) for name in sorted(live)[:MAX_RESOURCES]]
    found["resourcesCount"] = len(live)
    if rollout is not None:
        found["applicationStatus"] = rollout.statuses
    return {key: value for key, value in found.items() if value not in ([], None)}


def _conditions(old: Tree, problem: Problem | None, rollout: Rollout | None, now: float) -> list[Tree]:
    if problem is None:
        wanted: list[tuple[str, str, str, str]] = [
            (ERROR, "False", "ApplicationSetUpToDate", _GENERATED), (PARAMETERS, "True", "ParametersGenerated", _GENERATED),
            (UP_TO_DATE, "True", "ApplicationSetUpToDate", "All applications have been generated successfully"),
        ]  # fmt: skip
    else:
        text = problem.message
        made = ("False", ERROR, text) if problem.is_generating else ("True", "ParametersGenerated", _GENERATED)
        wanted = [(ERROR, "True", problem.reason, text), (PARAMETERS, *made), (UP_TO_DATE, "False", problem.reason, text)]
    if rollout is not None and rollout.step:
        text = f"ApplicationSet is performing rollout of step {rollout.step}"
        wanted.append((ROLLOUT, "True", "ApplicationSetModified", text))
    elif rollout is not None:
        wanted.append((ROLLOUT, "False", "ApplicationSetRolloutComplete", "ApplicationSet Rollout has completed"))
    known = {entry.get("type"): entry for entry in old.get("conditions") or ()}
    return [_condition(known.get(one[0]), *one, now) for one in wanted]


def _condition(known: Tree | None, kind: str, status: str, reason: str, message: str, now: float) -> Tree:
    """Return a condition; one that did not change keeps its time."""
    fresh = {"type": kind, "status": status, "reason": reason, "message": message}
    if known is not None and all(known.get(key) == value for key, value in fresh.items()):
        return known
    return {**fresh, "lastTransitionTime": rfc3339(now)}


def _resource(app: Tree) -> Tree:
    status = app.get("status") or {}
    entry: Tree = {
        "group": "argoproj.io", "version": "v1alpha1", "kind": "Application", "name": name_of(app),
        "namespace": namespace_of(app), "status": (status.get("sync") or {}).get("status") or "Unknown",
    }  # fmt: skip
    health = {key: value for key, value in (status.get("health") or {}).items() if key in ("status", "message") and value}
    return {**entry, "health": health} if health else entry
