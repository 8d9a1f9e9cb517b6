"""What every workload asks about a Pod. Pure: `now` is a number (seconds since 1970)."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import (
    Tree,
    annotations_of,
    condition_of,
    controller_of,
    is_deleting,
    labels_of,
    metadata,
)
from pilothouse.api.selectors import LabelSelector
from pilothouse.kit.clock import parse_rfc3339


def phase_of(pod: Tree) -> str:
    """Return status.phase, `Pending` before there is one."""
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_finished(pod: Tree) -> bool:
    """Whether no container will run again."""
    return phase_of(pod) in {"Succeeded", "Failed"}


def is_active(pod: Tree) -> bool:
    """Whether the Pod counts as a replica."""
    return not is_finished(pod) and not is_deleting(pod)


def is_ready(pod: Tree) -> bool:
    """Whether the Ready condition is True."""
    condition = condition_of(pod, "Ready")
    return condition is not None and condition.get("status") == "True"


def ready_since(pod: Tree) -> float | None:
    """Return when the Pod became ready, None when it is not."""
    condition = condition_of(pod, "Ready")
    if condition is None or condition.get("status") != "True":
        return None
    moment = condition.get("lastTransitionTime")
    return parse_rfc3339(moment) if moment else 0.0


def is_available(pod: Tree, min_ready_s: int, now: float) -> bool:
    """Whether the Pod is ready for at least `min_ready_s` seconds."""
    since = ready_since(pod)
    return since is not None and (min_ready_s == 0 or since + min_ready_s <= now)


def available_in_s(pods: list[Tree], min_ready_s: int, now: float) -> float | None:
    """Return the seconds until the next ready Pod becomes available, None when none is waiting."""
    waits = [since + min_ready_s - now for pod in pods if min_ready_s and (since := ready_since(pod)) is not None]
    pending = [wait for wait in waits if wait > 0]
    return min(pending) if pending else None


def is_orphan_of(pod: Tree, selector: LabelSelector) -> bool:
    """Whether the Pod matches but has no controller: it can be adopted."""
    return controller_of(pod) is None and selector.matches(labels_of(pod)) and not is_deleting(pod)


def deletion_rank(pod: Tree) -> tuple[Any, ...]:
    """Sort key: the Pods that are the least loss come first (unassigned, pending, not ready, youngest)."""
    status = pod.get("status") or {}
    cost = _deletion_cost(pod)
    restarts = max((int(state.get("restartCount", 0)) for state in status.get("containerStatuses") or ()), default=0)
    since = ready_since(pod)
    return (
        bool((pod.get("spec") or {}).get("nodeName")),
        {"Pending": 0, "Unknown": 1}.get(phase_of(pod), 2),
        since is not None,
        cost,
        -(since or 0.0),
        -restarts,
        _reversed(str(metadata(pod).get("creationTimestamp", ""))),
    )


def _deletion_cost(pod: Tree) -> int:
    """Return the cost a user noted, 0 for none and for what is no number."""
    try:
        return int(annotations_of(pod).get("controller.kubernetes.io/pod-deletion-cost") or 0)
    except ValueError:
        return 0


def _reversed(text: str) -> str:
    return "".join(chr(0x10FFFF - ord(character)) for character in text)


def int_or_percent(value: int | str | None, total: int, *, round_up: bool) -> int:
    """Return an IntOrString of `total`; percentages are rounded as asked."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value
    share = int(str(value).rstrip("%") or 0) * total
    return -(-share // 100) if round_up else share // 100
