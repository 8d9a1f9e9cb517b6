"""Ends a sync that is asked to stop: what hooks really came to is kept, hooks that still run are removed."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.sync.commands import Answer, Delete, Judge, RemoveFinalizer, Steps
from pilothouse.delivery.gitops.engine.sync.generate import fail_task, generate
from pilothouse.delivery.gitops.engine.sync.run import stop_hook
from pilothouse.delivery.gitops.engine.sync.state import ERROR, FAILED, SUCCEEDED, Sync
from pilothouse.delivery.gitops.engine.sync.tasks import Task, record
from pilothouse.kit.errors import NotFound


def terminate(sync: Sync) -> Steps[None]:
    """Stop a sync; `sync` is Failed afterwards, or in Error when hooks could not be stopped."""
    tasks, _ = yield from generate(sync)
    is_clean = True
    for task in tasks:
        if task.is_hook and task.live is not None and not task.is_pending:
            is_clean = (yield from _stop(sync, task)) and is_clean
    if is_clean:
        sync.move(FAILED, "Operation terminated")
    else:
        sync.move(ERROR, "Operation termination had errors")


def _stop(sync: Sync, task: Task) -> Steps[bool]:
    assert task.live is not None
    released: Answer = yield RemoveFinalizer(task.live)
    if released.error is not None and not isinstance(released.error, NotFound):
        fail_task(sync, task, f"Failed to remove hook finalizer: {released.text}")
        return False
    if not task.is_running:
        return True
    judged: Answer = yield Judge(task.live)
    if judged.error is not None:
        fail_task(sync, task, f"failed to get resource health: {judged.text}")
        return False
    health = judged.value
    if health is not None and health.status not in {"Healthy", "Degraded", "Suspended"}:
        return (yield from stop_hook(sync, task))
    phase = FAILED if health is not None and health.status == "Degraded" else SUCCEEDED
    record(sync, task, status=task.result.status, hook_phase=phase, message=health.message if health else "")
    if task.is_deleted_on("HookFailed"):
        answer: Answer = yield Delete(task.live, sync.options.prune_propagation)
        return answer.error is None or isinstance(answer.error, NotFound)
    return True
