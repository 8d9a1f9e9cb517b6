"""Take a release out of the cluster, and forget it or keep its history."""

from __future__ import annotations

from pilothouse.api.meta import Tree, name_of
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.engine.history import last_of, name_problem
from pilothouse.delivery.charts.release.engine.objects import (
    batches,
    in_removal_order,
    is_kept,
    ownership_problem,
    read_objects,
)
from pilothouse.delivery.charts.release.errors import OperationFailed, ReleaseNotFound, ReleaseRefused
from pilothouse.delivery.charts.release.types import DEPLOYED, SUPERSEDED, UNINSTALLED, UNINSTALLING, Release
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import PilothouseError

KEPT = "These resources were kept due to the resource policy:\n"
Releases = list[Release]


async def uninstall(bench: Bench, name: str, options: Options, *, is_guarded: bool = False) -> str:
    """Uninstall a release; returns what the user should know of objects that stay. Raises OperationFailed."""
    if name_problem(name):
        raise ReleaseRefused(f"uninstall: Release name is invalid: {name}")
    history = await bench.store.history(name)
    if not history:
        if options.ignore_not_found:
            return ""
        what = "release" if options.dry_run == "none" else ""
        raise ReleaseNotFound(f"uninstall: Release not loaded: {name}: release: not found" if what else "release: not found")
    if options.dry_run != "none":
        kept = [tree for tree in read_objects(last_of(history, name).manifest) if is_kept(tree)]
        return _kept_text(kept, [])
    if is_guarded:
        return await _uninstall(bench, history, options)
    guard = bench.guard(name)

    async def work() -> str:
        now = await bench.store.history(name)
        guard.settle_pending(now[-1] if now else None, 0, bench.warn)
        return await _uninstall(bench, now, options)

    return await guard.holding(work, options.timeout_s, bench.warn)


async def _uninstall(bench: Bench, history: Releases, options: Options) -> str:
    release = last_of(history, "")
    if release.status == UNINSTALLED:
        if options.keep_history:
            raise ReleaseRefused(f'the release named "{release.name}" is already deleted')
        await _forget(bench, history)
        return ""
    description = "Deletion in progress (or silently failed)"
    release = release.with_info(status=UNINSTALLING, deleted=bench.now(), description=description)
    operation = Operation(bench, release, options)
    await operation.run_hooks("pre-delete")
    await operation.record()
    text, gone = await _remove(operation)
    problems: list[str] = []
    try:
        if options.wait:
            await bench.waiter.until_gone(gone, options.timeout_s)
        await operation.run_hooks("post-delete")
    except PilothouseError as error:
        problems.append(error.message)
    if options.keep_history:
        await operation.finish(UNINSTALLED, options.description or "Uninstallation complete")
        for each in history[:-1]:
            if each.status == DEPLOYED:
                await bench.store.update(each.with_info(status=SUPERSEDED))
    else:
        await _forget(bench, history)
    if problems:
        raise OperationFailed(f"uninstallation completed with {len(problems)} error(s): {'; '.join(problems)}")
    return text


async def _remove(operation: Operation) -> tuple[str, list[Tree]]:
    cluster, release = operation.bench.cluster, operation.release
    trees = in_removal_order(await cluster.known(read_objects(release.manifest)))
    kept = [tree for tree in trees if is_kept(tree)]
    going = [tree for tree in trees if not is_kept(tree)]
    live = [tree for tree in await cluster.get_all(going) if tree is not None]
    foreign = [tree for tree in live if ownership_problem(tree, operation.owner)]
    own = [tree for tree in live if tree not in foreign]
    for tree in foreign:
        place = {"kind": str(tree["kind"]), "name": name_of(tree), "release": release.name}
        operation.say("WARN", "skipping delete of resource not owned by this release", **place)
    propagation = operation.options.cascade.capitalize()
    for batch in batches(own):
        await run_all(cluster.delete(tree, propagation) for tree in batch)
    return _kept_text(kept, foreign), own


def _kept_text(kept: list[Tree], foreign: list[Tree]) -> str:
    text = KEPT + "".join(f"[{t['kind']}] {name_of(t)}\n" for t in kept) if kept else ""
    if foreign:
        head = f"{len(foreign)} resource(s) were not deleted because they are not owned by this release:\n"
        text += ("\n" if text else "") + head + "".join(f"[{t['kind']}] {name_of(t)}\n" for t in foreign)
    return text


async def _forget(bench: Bench, history: Releases) -> None:
    for release in history:
        await bench.store.delete(release)
