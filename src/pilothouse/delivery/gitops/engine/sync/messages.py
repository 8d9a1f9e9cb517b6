"""What a sync says while it waits and when it fails."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.delivery.gitops.engine.sync.tasks import Task


def waiting(tasks: list[Task], *, for_deletion: bool = False) -> str:
    """Return what is waited for: hooks first, the others counted."""
    if not tasks:
        return ""
    hooks = [task for task in tasks if task.is_hook]
    first = (hooks or tasks)[0]
    what = "deletion of" if for_deletion else "completion of hook" if hooks else "healthy state of"
    others = "hooks" if len(hooks) == len(tasks) else "resources"
    more = f" and {len(tasks) - 1} more {others}" if len(tasks) > 1 else ""
    return f"waiting for {what} {first.label}{more}"


def waiting_for_confirmation(tasks: list[Task]) -> str:
    """Return whose removal has to be confirmed."""
    more = f" and {len(tasks) - 1} more resources" if len(tasks) > 1 else ""
    return f"waiting for pruning confirmation of {tasks[0].label}{more}"


def with_reasons(message: str, reasons: Iterable[str]) -> str:
    """Return a failure with its reasons; equal ones appear once."""
    distinct = ",".join(dict.fromkeys(reason for reason in reasons if reason))
    return f"{message}, reason: {distinct}" if distinct else message
