"""One step of a sync: it applies one phase and wave, or waits, or ends the sync.

The controller calls it again whenever something changed; the next wave begins when every object of this one is healthy, with no
delay between waves. The step is a generator: it yields commands and is sent answers, so that it is a pure function of them.
"""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.sync.commands import Answer, Delete, Judge, Read, RemoveFinalizer, Steps, WaveDone
from pilothouse.delivery.gitops.engine.sync.generate import fail_task, generate
from pilothouse.delivery.gitops.engine.sync.messages import waiting, with_reasons
from pilothouse.delivery.gitops.engine.sync.objects import identity_of
from pilothouse.delivery.gitops.engine.sync.order import is_multi_step
from pilothouse.delivery.gitops.engine.sync.perform import perform
from pilothouse.delivery.gitops.engine.sync.state import ERROR, FAILED, RUNNING, SUCCEEDED, Sync
from pilothouse.delivery.gitops.engine.sync.tasks import Task, record
from pilothouse.kit.errors import NotFound

NOT_VALID = "one or more synchronization tasks are not valid"
NOT_APPLIED = "one or more objects failed to apply"
UNSUCCESSFUL = "one or more synchronization tasks completed unsuccessfully"
HOOKS_FAILED = "one or more SyncFail hooks failed"


def step(sync: Sync) -> Steps[None]:
    """Carry a sync on by one step; `sync` tells afterwards where it stands."""
    tasks, reasons = yield from generate(sync)
    if reasons:
        sync.move(FAILED, f"{NOT_VALID}: {'; '.join(reasons)}")
        return
    running_before = [task for task in tasks if task.is_running]
    if not sync.results:
        is_valid = yield from _rehearse(sync, tasks)
        if not is_valid:
            return
    yield from _observe(sync, running_before)
    is_multi = is_multi_step(tasks)
    running = [task for task in tasks if task.is_running and (is_multi or task.is_hook)]
    if running:
        sync.move(RUNNING, waiting(running))
        return
    going = [task for task in tasks if task.is_going]
    if going:
        sync.move(RUNNING, waiting(going, for_deletion=True))
        return
    yield from _release_hooks(sync, tasks)
    yield from _go_on(sync, tasks)


def _rehearse(sync: Sync, tasks: list[Task]) -> Steps[bool]:
    """Try everything in a dry run before the first change; the destination namespace is made before."""
    rest = _out_of_sync(sync, [task for task in tasks if not _makes_destination(sync, task)])
    for task in tasks:
        if _makes_destination(sync, task) and not sync.options.dry_run:
            outcome = yield from perform(sync, [task], is_dry_run=False)
            if outcome == FAILED:
                sync.move(FAILED, with_reasons("the namespace failed to apply", [task.result.message]))
                return False
    outcome = yield from perform(sync, rest, is_dry_run=True)
    if outcome == FAILED:
        sync.move(FAILED, f"{NOT_APPLIED} (dry run)")
        return False
    return True


def _makes_destination(sync: Sync, task: Task) -> bool:
    is_destination = task.kind == "Namespace" and not task.group and task.name == sync.options.namespace
    return is_destination and task.live is None and task.target is not None


def _observe(sync: Sync, running: list[Task]) -> Steps[None]:
    """Take the live state of running tasks into account."""
    for task in running:
        if task.is_prune:
            continue
        if task.live is None:
            answer: Answer = yield Read(task.tree)
            if isinstance(answer.error, NotFound):
                fail_task(sync, task, f"{task.label} was deleted while the sync was running")
            continue
        yield from _judge(sync, task)


def _judge(sync: Sync, task: Task) -> Steps[None]:
    assert task.live is not None
    answer: Answer = yield Judge(task.live)
    if answer.error is not None:
        fail_task(sync, task, f"failed to get resource health: {answer.text}")
        return
    health = answer.value
    status = task.result.status
    if health is None or health.status == "Healthy" or (task.is_hook and health.status == "Suspended"):
        record(sync, task, status=status, hook_phase=SUCCEEDED, message=health.message if health else "")
    elif health.status == "Degraded":
        record(sync, task, status=status, hook_phase=FAILED, message=health.message)
    elif task.is_hook and health.message:
        record(sync, task, status=status, hook_phase=RUNNING, message=health.message)


def _release_hooks(sync: Sync, tasks: list[Task]) -> Steps[None]:
    for task in tasks:
        if task.is_hook and task.is_completed and task.live is not None:
            answer: Answer = yield RemoveFinalizer(task.live)
            if answer.error is not None and not isinstance(answer.error, NotFound):
                fail_task(sync, task, f"Failed to remove hook finalizer: {answer.text}")


def _go_on(sync: Sync, tasks: list[Task]) -> Steps[None]:
    """Nothing runs: end the sync, or apply the next phase and wave."""
    on_failure = [task for task in tasks if task.phase == "SyncFail"]
    plain = [task for task in tasks if task.phase != "SyncFail"]
    if any(task.has_failed for task in plain):
        yield from _delete_hooks(sync, tasks, "HookFailed")
        yield from fail(sync, on_failure, [task.result.message for task in plain if task.is_refused], UNSUCCESSFUL)
        return
    pending = _out_of_sync(sync, [task for task in plain if task.is_pending])
    if not pending:
        yield from _delete_hooks(sync, tasks, "HookSucceeded")
        sync.move(SUCCEEDED, "successfully synced (no more tasks)")
        return
    first, last = pending[0], pending[-1]
    group = [task for task in pending if (task.phase, task.wave) == (first.phase, first.wave)]
    is_final = (first.phase, first.wave) == (last.phase, last.wave)
    sync.move(RUNNING, "one or more tasks are running")
    outcome = yield from perform(sync, group, is_dry_run=False)
    if outcome == FAILED:
        yield from _after_refusal(sync, tasks, group, on_failure)
    elif outcome == SUCCEEDED:
        yield from _after_wave(sync, tasks, group, WaveDone(first.phase, first.wave, is_final))


def _after_wave(sync: Sync, tasks: list[Task], group: list[Task], done: WaveDone) -> Steps[None]:
    answer: Answer = yield done
    if answer.error is not None:
        yield from _delete_hooks(sync, tasks, "HookFailed")
        for task in group:
            if task.is_hook and task.is_running:
                yield from stop_hook(sync, task)
        sync.move(ERROR, f"SyncWaveHook failed: {answer.text}")
    elif done.is_final and (sync.options.dry_run or not any(task.is_hook for task in group)):
        yield from _delete_hooks(sync, tasks, "HookSucceeded")
        sync.move(SUCCEEDED, "successfully synced (all tasks run)")
    else:
        removed = all(task.is_prune for task in group)
        sync.move(RUNNING, waiting(group, for_deletion=removed))


def _after_refusal(sync: Sync, tasks: list[Task], group: list[Task], on_failure: list[Task]) -> Steps[None]:
    """Something was refused: hooks that run already may end, then the sync fails."""
    running = [task for task in group if task.is_hook and task.is_running]
    if running:
        sync.move(RUNNING, waiting(running))
        return
    yield from _delete_hooks(sync, tasks, "HookFailed")
    yield from fail(sync, on_failure, [task.result.message for task in group if task.is_refused], NOT_APPLIED)


def fail(sync: Sync, on_failure: list[Task], reasons: list[str], base: str) -> Steps[None]:
    """Run the SyncFail hooks, and end the sync as failed when they are through."""
    pending = [task for task in on_failure if task.is_pending]
    outcome = SUCCEEDED
    if pending:
        outcome = yield from perform(sync, pending, is_dry_run=False)
    if outcome == RUNNING:
        return
    if any(not task.is_completed for task in on_failure):
        sync.move(RUNNING, waiting(on_failure))
        return
    message = with_reasons(base, reasons)
    failed = [task for task in on_failure if task.has_failed]
    if failed:
        message = f"{message}\n{with_reasons(HOOKS_FAILED, [task.result.message for task in failed])}"
    sync.move(FAILED, message)


def stop_hook(sync: Sync, task: Task) -> Steps[bool]:
    """Remove a hook that still runs; returns whether that went without errors."""
    answer: Answer = yield Delete(task.live or task.tree, sync.options.prune_propagation)
    if answer.error is not None and not isinstance(answer.error, NotFound):
        record(sync, task, status=task.result.status, hook_phase=ERROR, message=f"Failed to delete: {answer.text}")
        return False
    record(sync, task, status=task.result.status, hook_phase=FAILED, message="Terminated")
    return True


def _delete_hooks(sync: Sync, tasks: list[Task], policy: str) -> Steps[None]:
    """Remove hooks whose policy asks for it after the end of a sync."""
    for task in tasks:
        if task.is_hook and not task.is_running and task.is_deleted_on(policy):
            assert task.live is not None
            answer: Answer = yield Delete(task.live, sync.options.prune_propagation)
            if answer.error is not None and not isinstance(answer.error, NotFound):
                fail_task(sync, task, f"failed to delete resource: {answer.text}")


def _out_of_sync(sync: Sync, tasks: list[Task]) -> list[Task]:
    """Leave out what the comparison found unchanged, where only differences are to be applied."""
    if not sync.options.apply_out_of_sync_only:
        return tasks
    return [task for task in tasks if task.is_hook or task.target is None or task.live is None or _is_modified(sync, task)]


def _is_modified(sync: Sync, task: Task) -> bool:
    live = identity_of(task.live or {})
    return sync.modified.get(task.id, sync.modified.get(live, True))
