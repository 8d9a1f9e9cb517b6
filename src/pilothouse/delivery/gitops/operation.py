"""A running sync of one Application: its tasks, what was done, and how a step is carried out.

The state of an operation is kept in memory and summarised in `status.operationState`; after a restart an operation that was
running begins again, which is safe because every step is idempotent.
"""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.engine.health import Health, health_of
from pilothouse.delivery.gitops.engine.steps import Progress, Step, next_step, update_progress
from pilothouse.delivery.gitops.engine.tasks import Task, has_option, ordered, prune_tasks, tasks_of
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import PilothouseError


class Operation(msgspec.Struct):
    """One sync to one revision."""

    revision: str
    started_at: float
    is_automated: bool
    tasks: list[Task]
    progress: dict[str, Progress] = {}
    attempt: int = 0
    phase: str = "Running"
    message: str = ""
    finished_at: float = 0.0

    @property
    def is_running(self) -> bool:
        """Whether there is something left to do."""
        return self.phase == "Running"

    def state(self) -> Tree:
        """Return status.operationState."""
        results = [
            _result(task, self.progress[task.id])
            for task in self.tasks
            if task.id in self.progress and self.progress[task.id].outcome
        ]
        state: Tree = {
            "operation": {"sync": {"revision": self.revision, "prune": True}, "initiatedBy": {"automated": self.is_automated}},
            "phase": self.phase,
            "message": self.message,
            "startedAt": rfc3339(self.started_at),
            "syncResult": {"revision": self.revision, "resources": results},
        }
        if self.attempt:
            state["retryCount"] = self.attempt
        if self.finished_at:
            state["finishedAt"] = rfc3339(self.finished_at)
        return state


def _result(task: Task, progress: Progress) -> Tree:
    group, _, version = task.api_version.rpartition("/")
    status = {"failed": "SyncFailed", "pruned": "Pruned"}.get(progress.outcome, "Synced")
    entry: Tree = {
        "group": group, "version": version, "kind": task.kind, "namespace": task.namespace, "name": task.name,
        "syncPhase": task.phase, "message": progress.message,
    }  # fmt: skip
    if task.is_hook:
        entry["hookPhase"] = {"failed": "Failed", "succeeded": "Succeeded"}.get(progress.outcome, "Running")
        entry["hookType"] = task.phase
    else:
        entry["status"] = status
    return entry


def plan_operation(
    app: App, targets: list[Tree], surplus: list[Tree], revision: str, now: float, *, is_automated: bool, prune: bool
) -> Operation:
    """Return the operation that brings the cluster to `targets` and removes `surplus`."""
    tasks = tasks_of(targets, revision, now)
    removable = [tree for tree in surplus if not has_option(tree, "Prune=false")] if prune else []
    last_wave = max((task.wave for task in tasks if task.phase == "Sync"), default=0)
    tasks += prune_tasks(removable, prune_last=app.has_option("PruneLast=true"), last_wave=last_wave)
    return Operation(revision, now, is_automated, ordered(tasks))


async def advance(operation: Operation, app: App, cluster: ClusterObjects, now: float) -> Step:
    """Carry out the next step of an operation."""
    live: dict[str, Tree] = {}
    healths: dict[str, Health | None] = {}
    for task in operation.tasks:
        tree = await cluster.live(_reference(task))
        if tree is not None:
            live[task.id] = tree
            healths[task.id] = health_of(tree)
    update_progress(operation.tasks, operation.progress, live, healths)
    step = next_step(operation.tasks, operation.progress, live)
    for task in (*step.delete_first, *step.cleanup):
        await cluster.delete(live[task.id], "Background")
    for task in step.apply:
        await _perform(operation, app, cluster, task, live)
    operation.message = step.message
    if step.phase != "Running":
        operation.phase, operation.finished_at = step.phase, now
    return step


def _reference(task: Task) -> Tree:
    meta = {"name": task.name, "namespace": task.namespace}
    return task.target or {"apiVersion": task.api_version, "kind": task.kind, "metadata": meta}


async def _perform(operation: Operation, app: App, cluster: ClusterObjects, task: Task, live: dict[str, Tree]) -> None:
    progress = operation.progress[task.id] = Progress("running")
    try:
        if task.target is None:
            if task.id in live:
                await cluster.delete(live[task.id])
            progress.message = "pruning"
        else:
            await cluster.apply(app, task)
            verb = "created" if task.id not in live else "configured"
            progress.message = f"{task.kind.lower()}/{task.name} {verb}"
    except PilothouseError as error:
        progress.outcome, progress.message = "failed", error.message
