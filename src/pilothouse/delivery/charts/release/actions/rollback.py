"""Go back to an earlier revision: a new revision with its manifest, hooks and values."""

from __future__ import annotations

import asyncio

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.adapters.guard import Guard
from pilothouse.delivery.charts.release.engine.history import (
    base_of,
    custom_labels,
    forgotten,
    last_of,
    name_problem,
    rollback_target,
)
from pilothouse.delivery.charts.release.engine.objects import read_objects
from pilothouse.delivery.charts.release.errors import NotReady, OperationFailed, ReleaseNotFound, ReleaseRefused
from pilothouse.delivery.charts.release.types import (
    DEPLOYED,
    FAILED,
    PENDING_ROLLBACK,
    SERVER_SIDE,
    SUPERSEDED,
    Release,
)
from pilothouse.kit.errors import PilothouseError

Releases = list[Release]


async def rollback(bench: Bench, name: str, revision: int, options: Options) -> Release:
    """Roll a release back to `revision` (0: the one before the newest); returns the new revision."""
    if name_problem(name):
        raise ReleaseRefused(f"prepareRollback: Release name is invalid: {name}")
    history = await bench.store.history(name)
    if not history:
        raise ReleaseNotFound("release: not found")
    target = rollback_target(history, revision)
    if options.dry_run != "none":
        return _next(bench, last_of(history, name), target, options)
    guard = bench.guard(name)
    return await guard.holding(lambda: _guarded(bench, guard, name, revision, options), options.timeout_s, bench.warn)


async def _guarded(bench: Bench, guard: Guard, name: str, revision: int, options: Options) -> Release:
    history = await bench.store.history(name)
    last = last_of(history, name)
    target = rollback_target(history, revision)
    if last.is_pending:
        guard.settle_pending(last, 0, bench.warn)  # a rollback is how users of helm get out of a pending release
        history[-1] = last.with_info(status=FAILED, description="Operation was interrupted")
        await bench.store.update(history[-1])
    return await perform_rollback(bench, history, target, options)


def _next(bench: Bench, last: Release, target: Release, options: Options) -> Release:
    info = msgspec.structs.replace(
        target.info,
        first_deployed=last.info.first_deployed,
        last_deployed=bench.now(),
        deleted="",
        status=PENDING_ROLLBACK,
        rollback_revision=target.version,
        description=options.description or f"Rollback to {target.version}",
    )
    return msgspec.structs.replace(
        target,
        info=info,
        version=last.version + 1,
        namespace=last.namespace,
        labels=custom_labels(target.labels),
        apply_method=SERVER_SIDE,
    )


async def perform_rollback(bench: Bench, history: Releases, target: Release, options: Options) -> Release:
    """Roll back while the lease is held."""
    last = history[-1]
    for each in forgotten(history, options.history_max):
        if each.version != target.version:
            await bench.store.delete(each)
    operation = Operation(bench, _next(bench, last, target, options), options)
    await bench.store.create(operation.release)
    try:
        await _perform(operation, history)
    except PilothouseError as error:
        await _give_up(operation, last, error)
    except asyncio.CancelledError:
        await operation.fail(f'Rollback "{last.name}" failed: context canceled')
        raise
    for each in history:
        if each.status == DEPLOYED:
            await bench.store.update(each.with_info(status=SUPERSEDED))
    await operation.finish(DEPLOYED)
    return operation.release


async def _old_objects(bench: Bench, history: Releases) -> list[Tree]:
    """Return what may be there now: the objects of what is deployed and of every revision after it."""
    try:
        base = base_of(history, history[-1].name).version
    except ReleaseNotFound:
        base = history[-1].version
    found: list[Tree] = []
    for release in history:
        if release.version >= base:
            found += await bench.cluster.known(read_objects(release.manifest))
    return found


async def _perform(operation: Operation, history: Releases) -> None:
    old = await _old_objects(operation.bench, history)
    await operation.run_hooks("pre-rollback")
    objects = await operation.objects("new release manifest")
    is_foreign = any(release.apply_method != SERVER_SIDE for release in history)
    stored = await operation.change(old, objects, is_foreign=is_foreign)
    await operation.wait(stored)
    await operation.run_hooks("post-rollback")


async def _give_up(operation: Operation, last: Release, error: PilothouseError) -> None:
    name = operation.release.name
    if isinstance(error, NotReady):
        await operation.fail(f'Release "{name}" failed: {error.message}')
        raise OperationFailed(f"release {name} failed: {error.message}") from error
    text = f'Rollback "{name}" failed: {error.message}'
    operation.say("WARN", text)
    await operation.bench.store.update(last.with_info(status=SUPERSEDED))
    await operation.fail(text)
    await operation.clean_up()
    raise OperationFailed(error.message, fix=error.fix) from error
