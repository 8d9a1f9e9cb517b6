"""The next step of a sync, from the tasks, what was done so far, and the live state.

A step applies one phase and wave, or waits, or ends the operation; the controller calls it again whenever something changed. The
next wave begins when every object of this one is healthy: there is no delay between waves.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health import DEGRADED, HEALTHY, SUSPENDED, Health
from pilothouse.delivery.gitops.engine.tasks import Task

Outcome = Literal["", "running", "synced", "pruned", "succeeded", "failed"]


class Progress(msgspec.Struct):
    """What became of one task so far."""

    outcome: Outcome = ""
    message: str = ""


class Step(msgspec.Struct, frozen=True):
    """What to do now."""

    apply: list[Task] = []
    delete_first: list[Task] = []
    """Hooks of an earlier run that must be gone before they are created again."""
    cleanup: list[Task] = []
    """Finished hooks that their policy removes."""
    phase: str = "Running"
    message: str = ""


def update_progress(
    tasks: list[Task], progress: dict[str, Progress], live: dict[str, Tree], healths: dict[str, Health | None]
) -> None:
    """Take the live state into account: running hooks succeed or fail by their health, applied objects by theirs."""
    for task in tasks:
        state = progress.get(task.id)
        if state is None or state.outcome != "running":
            continue
        if task.target is None:
            if task.id not in live:
                state.outcome, state.message = "pruned", "pruned"
            continue
        if task.id not in live:
            if task.is_hook:
                state.outcome, state.message = "failed", "resource not found; it was deleted while it ran"
            continue
        health = healths.get(task.id)
        if health is None or health.status in {HEALTHY, SUSPENDED}:
            state.outcome = "succeeded" if task.is_hook else "synced"
            state.message = (health.message if health else "") or state.message
        elif health.status == DEGRADED and task.is_hook:
            state.outcome, state.message = "failed", health.message
        else:
            state.message = health.message or state.message


def next_step(tasks: list[Task], progress: dict[str, Progress], live: dict[str, Tree]) -> Step:
    """Return the next step; `update_progress` must have been called with the same live state."""
    main = [task for task in tasks if task.phase != "SyncFail"]
    failed = [task for task in main if _outcome(progress, task) == "failed"]
    cleanup = [task for task in tasks if task.is_hook and task.id in live and _is_removed(task, _outcome(progress, task))]
    if failed:
        return _after_failure(tasks, failed, progress, live, cleanup)
    step = _advance(main, progress, live)
    if step is None:
        return Step(cleanup=cleanup, phase="Succeeded", message="successfully synced (all tasks run)")
    return msgspec.structs.replace(step, cleanup=cleanup)


def _outcome(progress: dict[str, Progress], task: Task) -> Outcome:
    state = progress.get(task.id)
    return state.outcome if state is not None else ""


def _is_removed(task: Task, outcome: Outcome) -> bool:
    if outcome == "succeeded":
        return "HookSucceeded" in task.delete_policies
    return outcome == "failed" and "HookFailed" in task.delete_policies


def _advance(tasks: list[Task], progress: dict[str, Progress], live: dict[str, Tree]) -> Step | None:
    """Return the step of the first phase and wave that is not finished, None when all are."""
    for phase, wave in dict.fromkeys((task.phase, task.wave) for task in tasks):
        group = [task for task in tasks if (task.phase, task.wave) == (phase, wave)]
        waiting = [task for task in group if _outcome(progress, task) == ""]
        if waiting:
            return _apply_group(waiting, live, f"{phase}, wave {wave}")
        running = [task for task in group if _outcome(progress, task) == "running"]
        if running:
            first = running[0]
            more = f" and {len(running) - 1} more" if len(running) > 1 else ""
            verb = "completion of hook" if first.is_hook else "deletion of" if first.target is None else "healthy state of"
            return Step(message=f"waiting for {verb} {first.kind}/{first.name}{more}")
    return None


def _apply_group(waiting: list[Task], live: dict[str, Tree], where: str) -> Step:
    leftovers = [task for task in waiting if task.is_hook and task.id in live and "BeforeHookCreation" in task.delete_policies]
    if leftovers:
        names = ", ".join(f"{task.kind}/{task.name}" for task in leftovers)
        return Step(delete_first=leftovers, message=f"waiting for deletion of hook {names} of an earlier sync")
    return Step(apply=waiting, message=f"applying {where}")


def _after_failure(
    tasks: list[Task], failed: list[Task], progress: dict[str, Progress], live: dict[str, Tree], cleanup: list[Task]
) -> Step:
    reasons = dict.fromkeys(
        f"{task.kind}/{task.name}: {progress[task.id].message}" for task in failed
    )  # equal reasons appear once
    step = _advance([task for task in tasks if task.phase == "SyncFail"], progress, live)
    if step is not None:
        return msgspec.structs.replace(step, cleanup=cleanup)
    return Step(cleanup=cleanup, phase="Failed", message=f"one or more tasks failed: {'; '.join(reasons)}")
