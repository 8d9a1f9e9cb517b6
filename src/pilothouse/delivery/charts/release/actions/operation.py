"""One running operation: the release it works on and the steps every operation has.

The release is replaced as the operation goes on; whatever happens, `release` is what has to be stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.adapters.logs import hook_logs, pod_troubles
from pilothouse.delivery.charts.release.adapters.waiting import Rule
from pilothouse.delivery.charts.release.engine.hooks import (
    BEFORE_CREATION,
    ON_FAILURE,
    ON_SUCCESS,
    has_logs,
    hooks_for,
    is_deleted,
    with_hook,
)
from pilothouse.delivery.charts.release.engine.objects import (
    Owner,
    is_kept,
    owned,
    ownership_problem,
    read_objects,
    removed,
    shown,
)
from pilothouse.delivery.charts.release.engine.readiness import hook_readiness, readiness_of
from pilothouse.delivery.charts.release.errors import NotReady, OperationFailed, ReleaseRefused
from pilothouse.delivery.charts.release.types import FAILED, HookRun, Release, ReleaseHook
from pilothouse.kit.errors import PilothouseError

Trees = list[Tree]


class Operation:
    """The steps of an operation on `release`."""

    def __init__(self, bench: Bench, release: Release, options: Options) -> None:
        """Begin; nothing is stored yet."""
        self.bench, self.release, self.options = bench, release, options
        self.created: Trees = []
        self._started: dict[tuple[str, str], Trees] = {}
        """What hooks of this operation made, with the names the server gave."""

    @property
    def owner(self) -> Owner:
        """The marks of the release."""
        return Owner(self.release.name, self.release.namespace)

    async def objects(self, what: str) -> Trees:
        """Return the objects of the release, marked as its own."""
        trees = await self.bench.cluster.placed(read_objects(self.release.manifest), what)
        return [owned(tree, self.owner) for tree in trees]

    async def check_ownership(self, trees: Iterable[Tree], doing: str) -> None:
        """Raise ReleaseRefused when an object is there and belongs to another, unless ownership is to be taken."""
        trees = list(trees)
        for tree, live in zip(trees, await self.bench.cluster.get_all(trees)):
            problem = ownership_problem(live, self.owner) if live is not None else ""
            if problem and not self.options.take_ownership:
                raise ReleaseRefused(
                    f"unable to continue with {doing}: {shown(tree)} exists and cannot be imported into the current release: "
                    f"{problem}",
                    fix="--take-ownership makes it part of this release",
                )

    async def record(self) -> None:
        """Store the release as it is now."""
        await self.bench.store.update(self.release)

    async def finish(self, status: str, description: str = "") -> None:
        """Store the end of the operation."""
        changes = {"status": status} | ({"description": description} if description else {})
        self.release = self.release.with_info(**changes)
        await self.record()

    async def fail(self, description: str) -> None:
        """Store that the operation failed."""
        await self.finish(FAILED, description)

    async def change(self, old: Iterable[Tree], new: Trees, *, is_foreign: bool) -> Trees:
        """Apply the new objects and delete the old ones that are not among them; returns what is stored now.

        `is_foreign`: what is there may have been written by updates of an older helm, whose fields are taken over first.
        """
        cluster, options = self.bench.cluster, self.options
        if is_foreign:
            await cluster.take_over(await cluster.get_all(new))
        if options.force_replace:
            stored = await cluster.replace_all(new)
        else:
            stored = await cluster.apply_all(new, force=options.force_conflicts, created=self.created)
        gone = [tree for tree in await cluster.known(removed(old, new)) if not is_kept(tree)]
        if gone:
            live = await cluster.get_all(gone)
            await cluster.prune(t for t, found in zip(gone, live) if found and not ownership_problem(found, self.owner))
        return stored

    async def wait(self, trees: Trees) -> None:
        """Wait for objects when the user wants that; raises NotReady."""
        if self.options.wait:
            rule = partial(readiness_of, wait_for_jobs=self.options.wait_for_jobs)
            await self._wait(trees, rule)

    async def _wait(self, trees: Trees, rule: Rule) -> None:
        """Wait, and say why Pods are not ready when that ends badly."""
        try:
            await self.bench.waiter.until_ready(trees, rule, self.options.timeout_s)
        except NotReady:
            for line in await pod_troubles(self.bench.cluster, trees):
                self.say("WARN", "not ready", why=line)
            raise

    async def clean_up(self) -> None:
        """Delete what the operation created."""
        if self.options.cleanup_on_fail and self.created:
            await self.bench.cluster.prune(self.created)

    async def run_hooks(self, event: str, *, keep_succeeded: bool = False) -> None:
        """Run the hooks of an event one after the other; raises when one fails. Their runs are in `release` then."""
        if self.options.no_hooks:
            return
        done: list[ReleaseHook] = []
        for hook in hooks_for(self.release, event):
            try:
                done.append(await self._run_hook(hook, event))
            except PilothouseError:
                await self._delete_hooks(done, ON_SUCCESS)
                raise
        if not keep_succeeded:
            await self.after_hooks(done)

    async def after_hooks(self, done: list[ReleaseHook]) -> None:
        """Show logs and delete the objects of hooks that ended well."""
        for hook in reversed(done):
            if has_logs(hook, True):
                self.bench.warn(await hook_logs(self.bench.client, self.release.namespace, hook))
        await self._delete_hooks(list(reversed(done)), ON_SUCCESS)

    async def _run_hook(self, hook: ReleaseHook, event: str) -> ReleaseHook:
        bench = self.bench
        hook = self._put(hook, delete_policies=hook.delete_policies or (BEFORE_CREATION,))
        await self._delete_hooks([hook], BEFORE_CREATION)
        trees = await bench.cluster.placed(read_objects(hook.manifest), f"{event} hook {hook.path}")
        hook = self._put(hook, last_run=HookRun(started_at=bench.now(), phase="Running"))
        if event != "test":
            await self.record()
        try:
            self._started[hook.path, hook.name] = trees = await self._start_hook(trees, hook, event)
            await self._wait(trees, hook_readiness)
        except (PilothouseError, asyncio.CancelledError):
            hook = self._ended(hook, "Failed")
            if has_logs(hook, False):
                bench.warn(await hook_logs(bench.client, self.release.namespace, hook))
            await self._delete_hooks([hook], ON_FAILURE)
            raise
        return self._ended(hook, "Succeeded")

    async def _start_hook(self, trees: Trees, hook: ReleaseHook, event: str) -> Trees:
        try:
            return await self.bench.cluster.apply_all(trees)
        except PilothouseError as error:
            raise OperationFailed(f"warning: Hook {event} {hook.path} failed: {error.message}") from error

    def _put(self, hook: ReleaseHook, **changes: object) -> ReleaseHook:
        new = msgspec.structs.replace(hook, **changes)
        self.release = with_hook(self.release, hook, new)
        return new

    def _ended(self, hook: ReleaseHook, phase: str) -> ReleaseHook:
        run = msgspec.structs.replace(hook.last_run, completed_at=self.bench.now(), phase=phase)
        return self._put(hook, last_run=run)

    async def _delete_hooks(self, hooks: list[ReleaseHook], policy: str) -> None:
        for hook in hooks:
            if not is_deleted(hook, policy):
                continue
            started = self._started.get((hook.path, hook.name))
            trees = started or await self.bench.cluster.known(read_objects(hook.manifest))
            there = [tree for tree in trees if await self.bench.cluster.delete(tree)]
            await self.bench.waiter.until_gone(there, self.options.timeout_s)

    def say(self, level: str, text: str, **fields: str) -> None:
        """Tell the user something that is not the result, as a log line."""
        self.bench.warn(log_line(level, text, **fields) + "\n")
