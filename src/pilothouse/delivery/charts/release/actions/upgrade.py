"""Upgrade a release to another chart or other values."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.crds import bring_crds
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.actions.rendering import new_release, render_for, without_secrets
from pilothouse.delivery.charts.release.actions.rollback import perform_rollback
from pilothouse.delivery.charts.release.adapters.guard import Guard
from pilothouse.delivery.charts.release.engine.history import (
    base_of,
    check_labels,
    forgotten,
    last_good,
    last_of,
    merged_labels,
    name_problem,
)
from pilothouse.delivery.charts.release.engine.objects import identity_of, read_objects
from pilothouse.delivery.charts.release.engine.reuse import reused_values
from pilothouse.delivery.charts.release.engine.wishes import Reuse
from pilothouse.delivery.charts.release.errors import OperationFailed, ReleaseNotFound, ReleaseRefused
from pilothouse.delivery.charts.release.types import (
    DEPLOYED,
    FAILED,
    PENDING_UPGRADE,
    SERVER_SIDE,
    SUPERSEDED,
    Release,
)
from pilothouse.delivery.charts.types import Chart, ReleaseOptions
from pilothouse.kit.errors import PilothouseError

Releases = list[Release]


async def upgrade(
    bench: Bench, name: str, chart: Chart, values: dict[str, Any], options: Options, reuse: Reuse = Reuse.AUTO
) -> Release:
    """Upgrade a release; returns its new revision. Raises ReleaseRefused before, OperationFailed after anything was changed."""
    if name_problem(name):
        raise ReleaseRefused(f"release name is invalid: {name}")
    check_labels(options.labels)
    if not await bench.store.history(name):
        raise ReleaseNotFound(f'"{name}" has no deployed releases', fix="use `chart install`, or `chart upgrade --install`")
    if options.dry_run != "none":
        return await _upgrade(bench, None, name, chart, values, options, reuse)
    guard = bench.guard(name)
    return await guard.holding(lambda: _upgrade(bench, guard, name, chart, values, options, reuse), options.timeout_s, bench.warn)


async def settled_history(bench: Bench, guard: Guard | None, name: str, patience_s: float) -> Releases:
    """Return the history; an operation that died is recorded as failed, so that helm goes on too."""
    history = await bench.store.history(name)
    if guard is not None and history and history[-1].is_pending:
        guard.settle_pending(history[-1], patience_s, bench.warn)
        history[-1] = history[-1].with_info(status=FAILED, description="Operation was interrupted")
        await bench.store.update(history[-1])
    return history


async def all_objects(bench: Bench, releases: Releases) -> list[Tree]:
    """Return the objects of several revisions, each once; those of kinds the server lost are left out."""
    found: dict[Any, Tree] = {}
    for release in releases:
        for tree in await bench.cluster.known(read_objects(release.manifest)):
            found.setdefault(identity_of(tree), tree)
    return list(found.values())


async def _upgrade(
    bench: Bench, guard: Guard | None, name: str, chart: Chart, values: dict[str, Any], options: Options, reuse: Reuse
) -> Release:
    history = await settled_history(bench, guard, name, options.timeout_s)
    base, last = base_of(history, name), last_of(history, name)
    values, chart = reused_values(reuse, chart, base, values)
    if options.crds == "apply" and options.dry_run == "none":
        await bring_crds(bench, chart, options)
    told = ReleaseOptions(name, base.namespace, revision=last.version + 1, is_upgrade=True)
    rendered = await render_for(bench, chart, values, told, options)
    release = new_release(
        bench, rendered, values, told,
        first_deployed=base.info.first_deployed, status=PENDING_UPGRADE, description="Preparing upgrade",
    )  # fmt: skip
    release = msgspec.structs.replace(release, labels=merged_labels(last.labels, options.labels))
    operation = Operation(bench, release, options)
    objects = await operation.objects("new release manifest")
    old = await all_objects(bench, [base, *(r for r in history if r.version > base.version)])
    known = {identity_of(tree) for tree in old}
    await operation.check_ownership((tree for tree in objects if identity_of(tree) not in known), "update")
    if options.dry_run != "none":
        release = operation.release.with_info(description=options.description or "Dry run complete")
        return without_secrets(release) if options.hide_secret else release
    for each in forgotten(history, options.history_max):
        await bench.store.delete(each)
    await bench.store.create(operation.release)
    try:
        await _perform(operation, base, old, objects)
    except PilothouseError as error:
        await _give_up(operation, error)
    except asyncio.CancelledError:
        await operation.fail(f'Upgrade "{name}" failed: context canceled')
        raise
    return operation.release


async def _perform(operation: Operation, base: Release, old: list[Tree], objects: list[Tree]) -> None:
    try:
        await operation.run_hooks("pre-upgrade")
    except PilothouseError as error:
        raise OperationFailed(f"pre-upgrade hooks failed: {error.message}") from error
    is_foreign = base.apply_method != SERVER_SIDE or operation.options.take_ownership
    stored = await operation.change(old, objects, is_foreign=is_foreign)
    await operation.wait(stored)
    try:
        await operation.run_hooks("post-upgrade")
    except PilothouseError as error:
        raise OperationFailed(f"post-upgrade hooks failed: {error.message}") from error
    await operation.bench.store.update(base.with_info(status=SUPERSEDED))
    await operation.finish(DEPLOYED, operation.options.description or "Upgrade complete")


async def _give_up(operation: Operation, error: PilothouseError) -> None:
    bench, name = operation.bench, operation.release.name
    operation.say("WARN", "upgrade failed", name=name, error=error.message)
    await operation.fail(f'Upgrade "{name}" failed: {error.message}')
    await operation.clean_up()
    if not operation.options.rollback_on_failure:
        raise OperationFailed(error.message, fix=error.fix) from error
    history = await bench.store.history(name)
    target = last_good(history, operation.release.version)
    if target is None:
        raise OperationFailed(
            f"unable to find a previously successful release when attempting to rollback. original upgrade error: {error.message}"
        ) from error
    try:
        options = msgspec.structs.replace(operation.options, description="", dry_run="none")
        await perform_rollback(bench, history, target, options)
    except PilothouseError as second:
        raise OperationFailed(
            f"an error occurred while rolling back the release. original upgrade error: {error.message}: {second.message}"
        ) from error
    raise OperationFailed(
        f"release {name} failed, and has been rolled back due to rollback-on-failure being set: {error.message}"
    ) from error
