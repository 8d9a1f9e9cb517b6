"""The conditions of a namespace that is being emptied."""

from __future__ import annotations

from pilothouse.api.meta import Tree, with_condition
from pilothouse.kit.clock import rfc3339


def terminating_status(namespace: Tree, remaining: dict[str, int], finalizers: dict[str, int], failure: str, now: float) -> Tree:
    """Return the status: `remaining` counts objects by resource, `finalizers` those still waiting by finalizer."""
    stamp = rfc3339(now)
    conditions = (namespace.get("status") or {}).get("conditions")
    left = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(remaining.items()))
    held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    table = (
        ("NamespaceDeletionDiscoveryFailure", "", "ResourcesDiscovered", "All resources successfully discovered"),
        ("NamespaceDeletionGroupVersionParsingFailure", "", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
        (
            "NamespaceDeletionContentFailure", failure, "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", left, "ContentRemoved", "All content successfully removed"),
        ("NamespaceFinalizersRemaining", held, "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
    )  # fmt: skip
    reasons = {
        "NamespaceDeletionContentFailure": "ContentDeletionFailed",
        "NamespaceContentRemaining": "SomeResourcesRemain",
        "NamespaceFinalizersRemaining": "SomeFinalizersRemain",
    }
    texts = {"NamespaceContentRemaining": "Some resources are remaining: ", "NamespaceFinalizersRemaining": "Some content in the namespace has finalizers remaining: "}  # fmt: skip  # noqa: E501
    for kind, problem, reason, message in table:
        is_bad = bool(problem)
        new = {
            "type": kind, "status": "True" if is_bad else "False", "reason": reasons[kind] if is_bad else reason,
            "message": texts.get(kind, "") + problem if is_bad else message,
        }  # fmt: skip
        conditions = with_condition(conditions, new, stamp)
    return {"phase": "Terminating", "conditions": conditions}
