"""How one object is written or removed: which command, with which options."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, is_deleting, metadata
from pilothouse.delivery.gitops.engine.sync.commands import Answer, Apply, Delete, MigrateFields, Steps
from pilothouse.delivery.gitops.engine.sync.objects import has_option
from pilothouse.delivery.gitops.engine.sync.state import PRUNE_SKIPPED, PRUNED, SYNC_FAILED, SYNCED, Options
from pilothouse.delivery.gitops.engine.sync.tasks import Task
from pilothouse.kit.errors import NotFound

_UPDATED_KINDS = ("Namespace", "CustomResourceDefinition")
"""Replacing one of these would remove everything in it, so it is updated."""


def _states(task: Task, option: str) -> bool:
    return has_option(task.target, option) or has_option(task.live, option)


def plan_apply(task: Task, options: Options, *, is_dry_run: bool = False) -> Apply:
    """Return the command that writes a task's object."""
    assert task.target is not None
    replaces = options.replace or _states(task, "Replace=true")
    force = options.force or _states(task, "Force=true")
    command = "apply"
    if replaces and task.live is not None:
        command = "update" if task.kind in _UPDATED_KINDS else "replace"
    elif replaces or (task.is_namespace and task.live is None):
        command = "create"
    is_server_side = uses_server_side_apply(task.target, options) and command == "apply" and not is_dry_run
    return Apply(
        task.target, command, is_hook=task.is_hook, is_dry_run=is_dry_run or options.dry_run, is_server_side=is_server_side,
        force=force and command != "create", validate=options.validate and not _states(task, "Validate=false"),
        manager=options.manager, live=task.live,
    )  # fmt: skip


def uses_server_side_apply(target: Tree, options: Options) -> bool:
    """Whether the object is applied by the server: never in a dry run, and what the object says wins."""
    if options.dry_run or has_option(target, "ServerSideApply=false"):
        return False
    return options.server_side_apply or has_option(target, "ServerSideApply=true")


def write(task: Task, options: Options, *, is_dry_run: bool) -> Steps[tuple[str, str]]:
    """Write a task's object; returns status and message."""
    command = plan_apply(task, options, is_dry_run=is_dry_run)
    moves = command.is_server_side and options.migrates_client_side_apply
    if moves and task.live is not None and needs_migration(managed_fields(task.live), options.migrated_manager):
        moved: Answer = yield MigrateFields(task.live, options.migrated_manager, options.manager)
        if moved.error is not None:
            return SYNC_FAILED, f"Failed to perform client-side apply migration: {moved.text}"
    answer: Answer = yield command
    if answer.error is not None:
        return SYNC_FAILED, answer.text
    return SYNCED, str(answer.value or "")


def managed_fields(tree: Tree) -> list[dict[str, Any]]:
    """Return the entries that say who manages which fields."""
    return list(metadata(tree).get("managedFields") or ())


def needs_migration(entries: list[dict[str, Any]], manager: str) -> bool:
    """Whether a client-side manager still owns fields by updates."""
    return bool(manager) and any(e.get("manager") == manager and e.get("operation") == "Update" for e in entries)


def prune_rule(task: Task, options: Options) -> str:
    """Return `true`, `false` or `confirm`: what the object says, else what the Application says."""
    for value in ("false", "confirm", "true"):
        if has_option(task.live, f"Prune={value}"):
            return value
    return options.default_prune or "true"


def remove(task: Task, options: Options, *, is_dry_run: bool) -> Steps[tuple[str, str]]:
    """Remove a task's object, as far as that is allowed; returns status and message."""
    assert task.live is not None
    if not options.prune:
        return PRUNE_SKIPPED, "ignored (requires pruning)"
    if prune_rule(task, options) == "false":
        return PRUNE_SKIPPED, "ignored (no prune)"
    if is_dry_run or options.dry_run:
        return PRUNED, "pruned (dry run)"
    if not is_deleting(task.live):
        answer: Answer = yield Delete(task.live, options.prune_propagation)
        if answer.error is not None and not isinstance(answer.error, NotFound):
            return SYNC_FAILED, answer.text
    return PRUNED, "pruned"
