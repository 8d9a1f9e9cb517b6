"""The tasks of a sync: one object in one phase, with what is known about it in this step."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pilothouse.api.meta import Tree, group_of, is_deleting, name_of, namespace_of
from pilothouse.delivery.gitops.engine.sync.objects import (
    delete_policies_of,
    has_option,
    hook_types,
    identity_of,
    is_hook,
    object_id,
    wave_of,
)
from pilothouse.delivery.gitops.engine.sync.state import (
    ERROR,
    FAILED,
    PRUNED,
    RUNNING,
    SUCCEEDED,
    SYNC_FAILED,
    Options,
    Resource,
    Sync,
    TaskResult,
)


class Task(msgspec.Struct):
    """One object in one phase. Without `target` it is an object to prune. Lives for one step; the results outlive it."""

    phase: str
    target: Tree | None = None
    live: Tree | None = None
    wave_override: int | None = None
    is_namespace: bool = False
    """Whether it creates the destination namespace, which no manifest names."""
    skips_dry_run: bool = False
    result: TaskResult = TaskResult()

    @property
    def tree(self) -> Tree:
        """The wanted object, or the live one that is to go."""
        return self.target if self.target is not None else (self.live or {})

    @property
    def id(self) -> str:
        """Identity of the object."""
        return identity_of(self.tree)

    @property
    def key(self) -> str:
        """Identity of the task: an object may be in several phases."""
        return f"{self.id}:{self.phase}"

    @property
    def kind(self) -> str:
        """Kind of the object."""
        return str(self.tree.get("kind", ""))

    @property
    def group(self) -> str:
        """Group of the object."""
        return group_of(str(self.tree.get("apiVersion", "")))

    @property
    def name(self) -> str:
        """Name of the object."""
        return name_of(self.tree)

    @property
    def namespace(self) -> str:
        """Namespace of the object."""
        return namespace_of(self.tree)

    @property
    def label(self) -> str:
        """The object as messages name it."""
        return f"{self.group}/{self.kind}/{self.name}"

    @property
    def wave(self) -> int:
        """The wave it runs in."""
        return wave_of(self.tree) if self.wave_override is None else self.wave_override

    @property
    def is_hook(self) -> bool:
        """Whether the object is a hook."""
        return is_hook(self.tree)

    @property
    def hook_type(self) -> str:
        """The hook type it stands for; empty for a plain object."""
        return self.phase if self.is_hook and self.phase in hook_types(self.tree) else ""

    @property
    def is_prune(self) -> bool:
        """Whether the object is to be removed."""
        return self.target is None

    @property
    def is_pending(self) -> bool:
        """Whether nothing was done yet."""
        return self.result.hook_phase == ""

    @property
    def is_running(self) -> bool:
        """Whether it was applied and is not known to be ready."""
        return self.result.hook_phase == RUNNING

    @property
    def is_completed(self) -> bool:
        """Whether it ended."""
        return self.result.hook_phase in {SUCCEEDED, FAILED, ERROR}

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly."""
        return self.result.hook_phase in {FAILED, ERROR}

    @property
    def is_refused(self) -> bool:
        """Whether the API server (or a rule) refused it."""
        return self.result.status == SYNC_FAILED

    @property
    def is_going(self) -> bool:
        """Whether it was pruned and is still terminating."""
        return self.result.status == PRUNED and self.live is not None and is_deleting(self.live)

    @property
    def is_deleted_before_creation(self) -> bool:
        """Whether a hook of an earlier run must go first."""
        return self.live is not None and "BeforeHookCreation" in delete_policies_of(self.tree)

    def is_deleted_on(self, policy: str) -> bool:
        """Whether the object is a live hook whose delete policies name `policy`."""
        return self.live is not None and policy in delete_policies_of(self.tree)

    @property
    def is_deleted_on_completion(self) -> bool:
        """Whether its own end makes its delete policy act."""
        if self.result.hook_phase == SUCCEEDED:
            return self.is_deleted_on("HookSucceeded")
        return self.has_failed and self.is_deleted_on("HookFailed")


def record(sync: Sync, task: Task, *, status: str, hook_phase: str, message: str = "") -> None:
    """Remember what became of a task; an empty message keeps the last one."""
    known = sync.results.get(task.key)
    order = known.order if known is not None else len(sync.results) + 1
    result = TaskResult(status, hook_phase, message or task.result.message, order)
    task.result = sync.results[task.key] = result


def resource_tasks(sync: Sync) -> list[Task]:
    """Return the tasks of plain objects; hooks among them are made from `sync.hooks` alone."""
    found: list[Task] = []
    for resource in sync.resources:
        tree = resource.target if resource.target is not None else resource.live
        if tree is None or is_hook(tree) or not sync.is_selected(tree):
            continue
        found.append(Task("Sync", resource.target, resource.live))
    return found


def hook_tasks(sync: Sync) -> list[Task]:
    """Return the tasks of hooks; one without a name gets one from revision, phase and time."""
    if sync.options.skip_hooks:
        return []
    phases = sync.options.hook_phases
    return [
        Task(phase, _named(hook, phase, sync.options)) for hook in sync.hooks for phase in hook_types(hook) if phase in phases
    ]


def _named(hook: Tree, phase: str, options: Options) -> Tree:
    if name_of(hook):
        return hook
    revision = options.revision[:7] if len(options.revision) >= 8 else options.revision
    suffix = f"{revision}-{phase}-{int(options.started_at)}".lower()
    prefix = (hook.get("metadata") or {}).get("generateName", "")
    return {**hook, "metadata": {**(hook.get("metadata") or {}), "name": f"{prefix}{suffix}"}}


def namespace_task(sync: Sync, live: Tree | None) -> Task | None:
    """Return the task that makes the destination namespace, None when it is among the targets or needs nothing."""
    options = sync.options
    if not options.creates_namespace or not options.namespace:
        return None
    wanted = object_id("v1", "Namespace", "", options.namespace)
    for tree in (*sync.hooks, *(r.target for r in sync.resources if r.target is not None)):
        if object_id(str(tree.get("apiVersion")), str(tree.get("kind")), "", name_of(tree)) == wanted:
            return None
    extra = {key: dict(value) for key, value in (options.namespace_metadata or {}).items() if value}
    if live is not None and all(_holds(live, key, values) for key, values in extra.items()):
        known = sync.results.get(f"{wanted}:PreSync")
        if known is None or known.hook_phase != RUNNING:
            return None
    target = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": options.namespace, **extra}}
    return Task("PreSync", target, live, is_namespace=True)


def _holds(live: Tree, key: str, values: dict[str, str]) -> bool:
    return values.items() <= ((live.get("metadata") or {}).get(key) or {}).items()


def live_of(tree: Tree, resources: Iterable[Resource]) -> Tree | None:
    """Return the live object of a wanted one; a live object without namespace matches any."""
    for resource in resources:
        live = resource.live
        if live is None or name_of(live) != name_of(tree) or live.get("kind") != tree.get("kind"):
            continue
        same_group = group_of(str(live.get("apiVersion", ""))) == group_of(str(tree.get("apiVersion", "")))
        if same_group and namespace_of(live) in {"", namespace_of(tree)}:
            return live
    return None


def set_prune_waves(tasks: list[Task], *, prune_last: bool) -> None:
    """Mirror the waves of what is removed, so that it goes in the opposite order of its creation."""
    pruned = [task for task in tasks if task.is_prune]
    waves = sorted({task.wave for task in pruned})
    mirrored = dict(zip(waves, reversed(waves), strict=True))
    for task in pruned:
        task.wave_override = mirrored[task.wave]
    last = max((task.wave for task in tasks if task.phase == "Sync"), default=0)
    for task in pruned:
        if prune_last or has_option(task.live, "PruneLast=true"):
            task.wave_override = max(0, last) + 1
