"""Install a chart as a new release."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.engine.merging.loglines import log_line
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.crds import bring_crds
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.actions.rendering import new_release, render_for, without_secrets
from pilothouse.delivery.charts.release.actions.uninstall import uninstall
from pilothouse.delivery.charts.release.adapters.guard import Guard
from pilothouse.delivery.charts.release.engine.history import check_labels, is_name_free, name_problem
from pilothouse.delivery.charts.release.errors import OperationFailed, ReleaseRefused
from pilothouse.delivery.charts.release.types import DEPLOYED, FAILED, SUPERSEDED, Release
from pilothouse.delivery.charts.types import Chart, ReleaseOptions
from pilothouse.kit.errors import NotFound, PilothouseError

IN_USE = "cannot reuse a name that is still in use"


def _refuse_name(bench: Bench, problem: str) -> None:
    bench.warn(log_line("ERROR", "release name check failed", error=problem) + "\n")
    raise ReleaseRefused(f"release name check failed: {problem}")


async def install(bench: Bench, name: str, chart: Chart, values: dict[str, Any], options: Options) -> Release:
    """Install a chart; returns the release. Raises ReleaseRefused before, OperationFailed after anything was changed."""
    problem = name_problem(name)
    if problem:
        _refuse_name(bench, f'release name "{name}": {problem}')
    check_labels(options.labels)
    if options.dry_run != "none":
        return await _rehearse(bench, name, chart, values, options)
    if not is_name_free(await bench.store.history(name), replace=options.replace):
        guard = bench.guard(name)
        return await guard.holding(lambda: _again(bench, guard, name, chart, values, options), options.timeout_s, bench.warn)
    if options.create_namespace:
        await bench.cluster.ensure_namespace()
    elif not await bench.cluster.has_namespace():
        raise NotFound(f'create: failed to create: namespaces "{bench.namespace}" not found', fix="--create-namespace creates it")
    guard = bench.guard(name)
    return await guard.holding(lambda: _install(bench, guard, name, chart, values, options), options.timeout_s, bench.warn)


async def _again(bench: Bench, guard: Guard, name: str, chart: Chart, values: dict[str, Any], options: Options) -> Release:
    """Install although the name is taken: possible only over a first install that died, once its lease ran out."""
    history = await bench.store.history(name)
    if not history or not history[-1].is_pending or len(history) > 1:
        _refuse_name(bench, IN_USE)
    guard.settle_pending(history[-1], options.timeout_s, bench.warn)
    await bench.store.update(history[-1].with_info(status=FAILED, description="Operation was interrupted"))
    return await _install(bench, guard, name, chart, values, msgspec.structs.replace(options, replace=True))


async def _rehearse(bench: Bench, name: str, chart: Chart, values: dict[str, Any], options: Options) -> Release:
    if options.dry_run == "server" and options.crds != "skip" and any(f.name.startswith("crds/") for f in chart.files):
        text = "This chart or one of its subcharts contains CRDs. Rendering may fail or contain inaccuracies."
        bench.warn(log_line("WARN", text) + "\n")
    told = ReleaseOptions(name, bench.namespace)
    rendered = await render_for(bench, chart, values, told, options)
    release = new_release(bench, rendered, values, told, description="Dry run complete")
    if options.dry_run == "server":
        operation = Operation(bench, release, options)
        await operation.check_ownership(await operation.objects("release manifest"), "install")
    return without_secrets(release) if options.hide_secret else release


async def _install(bench: Bench, guard: Guard, name: str, chart: Chart, values: dict[str, Any], options: Options) -> Release:
    history = await bench.store.history(name)
    if not is_name_free(history, replace=options.replace):
        _refuse_name(bench, IN_USE)
    await bring_crds(bench, chart, options)
    told = ReleaseOptions(name, bench.namespace, revision=history[-1].version + 1 if history else 1)
    rendered = await render_for(bench, chart, values, msgspec.structs.replace(told, revision=1), options)
    release = new_release(bench, rendered, values, told, description="Initial install underway")
    operation = Operation(bench, msgspec.structs.replace(release, labels=options.labels), options)
    objects = await operation.objects("release manifest")
    await operation.check_ownership(objects, "install")
    if history and history[-1].status != FAILED:
        old = history[-1].with_info(status=SUPERSEDED, description="superseded by new release")
        await bench.store.update(old)
    await bench.store.create(operation.release)
    try:
        await _perform(operation, objects)
    except PilothouseError as error:
        await _give_up(operation, error)
    except asyncio.CancelledError:
        await operation.fail(f'Release "{name}" failed: context canceled')
        raise
    return operation.release


async def _perform(operation: Operation, objects: list[Tree]) -> None:
    options = operation.options
    try:
        await operation.run_hooks("pre-install")
    except PilothouseError as error:
        raise OperationFailed(f"failed pre-install: {error.message}") from error
    stored = await operation.change((), objects, is_foreign=options.take_ownership)
    await operation.wait(stored)
    try:
        await operation.run_hooks("post-install")
    except PilothouseError as error:
        raise OperationFailed(f"failed post-install: {error.message}") from error
    await operation.finish(DEPLOYED, options.description or "Install complete")


async def _give_up(operation: Operation, error: PilothouseError) -> None:
    name = operation.release.name
    await operation.fail(f'Release "{name}" failed: {error.message}')
    if not operation.options.rollback_on_failure:
        raise OperationFailed(error.message, fix=error.fix) from error
    try:
        await uninstall(operation.bench, name, operation.options, is_guarded=True)
    except PilothouseError as second:
        raise OperationFailed(
            f"an error occurred while uninstalling the release. original install error: {error.message}: {second.message}"
        ) from error
    raise OperationFailed(
        f"release {name} failed, and has been uninstalled due to rollback-on-failure being set: {error.message}"
    ) from error
