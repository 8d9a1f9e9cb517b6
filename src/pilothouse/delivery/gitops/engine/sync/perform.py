"""Carries out a group of tasks: what is removed first, then old hooks away, then objects in their order."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.sync.apply import prune_rule, remove, write
from pilothouse.delivery.gitops.engine.sync.commands import Answer, Delete, Steps
from pilothouse.delivery.gitops.engine.sync.generate import fail_task
from pilothouse.delivery.gitops.engine.sync.messages import waiting, waiting_for_confirmation
from pilothouse.delivery.gitops.engine.sync.state import (
    FAILED,
    PRUNE_SKIPPED,
    PRUNED,
    RUNNING,
    SUCCEEDED,
    SYNC_FAILED,
    SYNCED,
    Sync,
)
from pilothouse.delivery.gitops.engine.sync.tasks import Task, record
from pilothouse.kit.errors import NotFound

_PHASES = {SYNCED: RUNNING, SYNC_FAILED: FAILED, PRUNED: SUCCEEDED, PRUNE_SKIPPED: SUCCEEDED}


def perform(sync: Sync, tasks: list[Task], *, is_dry_run: bool) -> Steps[str]:
    """Carry out tasks; returns Succeeded, Failed, or Running when something has to happen first (`sync.message` says what)."""
    is_dry_run = is_dry_run or sync.options.dry_run
    removed = [task for task in tasks if task.is_prune]
    if not is_dry_run and _awaits_confirmation(sync, removed):
        return RUNNING
    outcome = yield from _remove_all(sync, removed, is_dry_run=is_dry_run)
    if outcome != SUCCEEDED:
        return outcome
    written = [task for task in tasks if not task.is_prune]
    if not is_dry_run:
        outcome = yield from _clear(sync, [task for task in written if task.is_deleted_before_creation])
        if outcome != SUCCEEDED:
            return outcome
    return (yield from _write_all(sync, written, is_dry_run=is_dry_run))


def _awaits_confirmation(sync: Sync, tasks: list[Task]) -> bool:
    if sync.options.prune_confirmed or not sync.options.prune:
        return False
    asking = [task for task in tasks if prune_rule(task, sync.options) == "confirm"]
    if asking:
        sync.move(RUNNING, waiting_for_confirmation(asking))
    return bool(asking)


def _remove_all(sync: Sync, tasks: list[Task], *, is_dry_run: bool) -> Steps[str]:
    outcome = SUCCEEDED
    for task in tasks:
        status, message = yield from remove(task, sync.options, is_dry_run=is_dry_run)
        outcome = FAILED if status == SYNC_FAILED else outcome
        _keep(sync, task, status, message, is_dry_run=is_dry_run)
    return outcome


def _keep(sync: Sync, task: Task, status: str, message: str, *, is_dry_run: bool) -> None:
    """Remember a result; of a rehearsal only what failed, of a dry run as a whole everything."""
    if is_dry_run and not sync.options.dry_run and status != SYNC_FAILED:
        return
    phase = _PHASES[status]
    if sync.options.dry_run and phase == RUNNING:
        phase = SUCCEEDED
    record(sync, task, status=status, hook_phase=phase, message=message)


def _clear(sync: Sync, hooks: list[Task]) -> Steps[str]:
    """Ask for the removal of hooks of an earlier run; those that are gone already are created at once."""
    going: list[Task] = []
    for task in hooks:
        assert task.live is not None
        answer: Answer = yield Delete(task.live, sync.options.prune_propagation)
        if isinstance(answer.error, NotFound):
            task.live = None
        elif answer.error is not None:
            fail_task(sync, task, f"failed to delete resource: {answer.text}")
            return FAILED
        else:
            going.append(task)
    if not going:
        return SUCCEEDED
    sync.move(RUNNING, waiting(going, for_deletion=True))
    return RUNNING


def _write_all(sync: Sync, tasks: list[Task], *, is_dry_run: bool) -> Steps[str]:
    outcome = SUCCEEDED
    for task in tasks:
        if is_dry_run and task.skips_dry_run:
            continue
        status, message = yield from write(task, sync.options, is_dry_run=is_dry_run)
        outcome = FAILED if status == SYNC_FAILED else outcome
        _keep(sync, task, status, message, is_dry_run=is_dry_run)
    return outcome
