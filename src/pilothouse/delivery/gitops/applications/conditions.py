"""Conditions of an Application, as Argo CD writes them. Pure."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.kit.clock import rfc3339

COMPARISON, INVALID_SPEC, SYNC = "ComparisonError", "InvalidSpecError", "SyncError"
SHARED, ORPHANED, DELETION, EXCLUDED = (
    "SharedResourceWarning", "OrphanedResourceWarning", "DeletionError", "ExcludedResourceWarning",
)  # fmt: skip
HEALTH = "HealthCheckWarning"
Problem = tuple[str, str]
"""Type and message."""


def conditions(old: Tree, problems: list[Problem], now: float) -> list[Tree]:
    """Return status.conditions; one that was there already keeps its time."""
    known = {(entry.get("type"), entry.get("message")): entry for entry in old.get("conditions") or ()}
    fresh = dict.fromkeys(problems)
    return [
        known.get((kind, message)) or {"type": kind, "message": message, "lastTransitionTime": rfc3339(now)}
        for kind, message in fresh
    ]


def fresh(old: Tree, new: Tree, kind: str) -> list[str]:
    """Return the messages of the conditions of one type that were not there before."""
    known = {entry.get("message") for entry in old.get("conditions") or () if entry.get("type") == kind}
    listed = (entry["message"] for entry in new.get("conditions") or () if entry.get("type") == kind)
    return [message for message in listed if message not in known]
