"""From objects to ordered tasks: kinds are looked up, namespaces filled in, permissions asked."""

from __future__ import annotations

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.engine.sync.commands import Answer, Discover, Read, Steps
from pilothouse.delivery.gitops.engine.sync.objects import has_option, is_definition_of
from pilothouse.delivery.gitops.engine.sync.order import ordered
from pilothouse.delivery.gitops.engine.sync.state import ERROR, SYNC_FAILED, Resource, Sync, TaskResult
from pilothouse.delivery.gitops.engine.sync.tasks import (
    Task,
    hook_tasks,
    live_of,
    namespace_task,
    record,
    resource_tasks,
    set_prune_waves,
)
from pilothouse.kit.errors import NotFound, Unauthorized

DISCOVERY_TRIES = 5


def generate(sync: Sync) -> Steps[tuple[list[Task], list[str]]]:
    """Return the tasks in order, with their results so far, and why the sync is not valid (nothing when it is)."""
    tasks = resource_tasks(sync) + hook_tasks(sync)
    reasons = yield from _look_up(sync, tasks)
    extra = yield from _destination(sync)
    if extra is not None:
        tasks.append(extra)
    set_prune_waves(tasks, prune_last=sync.options.prune_last)
    tasks = ordered(tasks)
    for task in tasks:
        task.result = sync.results.get(task.key, task.result)
    return tasks, reasons


def _destination(sync: Sync) -> Steps[Task | None]:
    if not sync.options.creates_namespace or namespace_task(sync, None) is None:
        return None
    wanted: Tree = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": sync.options.namespace}}
    live = live_of(wanted, sync.resources)
    if live is None:
        answer: Answer = yield Read(wanted)
        live = answer.value if answer.error is None else None
    return namespace_task(sync, live)


def _look_up(sync: Sync, tasks: list[Task]) -> Steps[list[str]]:
    known: dict[tuple[str, str], Answer] = {}
    reasons: list[str] = []
    for task in tasks:
        kind = str(task.tree.get("apiVersion", "")), task.kind
        if kind not in known:
            known[kind] = yield from discover(*kind)
        answer = known[kind]
        _place(sync, task, answer)
        reason = _refusal(sync, task, answer)
        if reason:
            task.result = sync.results.get(task.key, TaskResult())
            record(sync, task, status=SYNC_FAILED, hook_phase="", message=reason)
            reasons.append(reason)
    return list(dict.fromkeys(reasons))


def discover(api_version: str, kind: str) -> Steps[Answer]:
    """Return whether a kind is namespaced; a rejected login is tried again."""
    for _ in range(DISCOVERY_TRIES):
        answer: Answer = yield Discover(api_version, kind)
        if not isinstance(answer.error, Unauthorized):
            break
    return answer


def _place(sync: Sync, task: Task, answer: Answer) -> None:
    """Give an object the namespace of the Application where it has none, and find its live object."""
    if task.target is None:
        return
    is_cluster_scoped = answer.error is None and answer.value is False
    if not namespace_of(task.target) and not is_cluster_scoped:
        task.target = {**task.target, "metadata": {**metadata(task.target), "namespace": sync.options.namespace}}
    if task.live is None:
        task.live = live_of(task.target, sync.resources)


def _refusal(sync: Sync, task: Task, answer: Answer) -> str:
    if answer.error is None:
        return sync.permit(task.tree, bool(answer.value))
    if isinstance(answer.error, NotFound) and _may_be_missing(sync, task):
        task.skips_dry_run = True
        return ""
    return answer.text


def _may_be_missing(sync: Sync, task: Task) -> bool:
    """Whether the kind is expected to appear during the sync."""
    if task.is_prune:
        return False
    option = "SkipDryRunOnMissingResource=true"
    if sync.options.skip_dry_run_on_missing or has_option(task.target, option):
        return True
    return defines(sync.resources, sync.hooks, task.group, task.kind)


def defines(resources: list[Resource], hooks: list[Tree], group: str, kind: str) -> bool:
    """Whether the definition of a group and kind is among what is synced."""
    targets = [resource.target for resource in resources if resource.target is not None]
    return any(is_definition_of(tree, group, kind) for tree in (*targets, *hooks))


def select(only: list[dict[str, str]], tree: Tree, group: str) -> bool:
    """Whether a selective sync names the object; a namespace that is not given matches any."""
    return not only or any(
        entry.get("kind") == tree.get("kind")
        and entry.get("name") == name_of(tree)
        and (entry.get("group") or "") == group
        and (not entry.get("namespace") or not namespace_of(tree) or entry["namespace"] == namespace_of(tree))
        for entry in only
    )


def fail_task(sync: Sync, task: Task, message: str) -> None:
    """Remember that something unexpected ended a task."""
    record(sync, task, status=task.result.status, hook_phase=ERROR, message=message)
