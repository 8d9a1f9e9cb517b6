"""What an operation would change: against the cluster by a dry run of the apply, or against what a revision says."""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.operation import Operation
from pilothouse.delivery.charts.release.engine.objects import is_kept, ownership_problem, read_objects, removed
from pilothouse.delivery.charts.release.errors import OperationFailed
from pilothouse.delivery.charts.release.types import Release
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import NotFound

Trees = list[Tree]


async def stated(bench: Bench, release: Release | None, *, hooks: bool) -> Trees:
    """Return the objects a revision states, its hooks with them when they are wanted; the tests are left out."""
    if release is None:
        return []
    texts = [release.manifest]
    if hooks:
        texts += [hook.manifest for hook in release.hooks or () if not hook.runs_on("test")]
    found: Trees = []
    for text in texts:
        for tree in read_objects(text):
            found += await bench.cluster.known([tree]) or [tree]
    return found


async def live_change(bench: Bench, old: Release | None, new: Release) -> tuple[Trees, Trees]:
    """Return the live objects and what the apply of a revision would make of them."""
    operation = Operation(bench, new, Options())
    wanted = await operation.objects("new release manifest")
    live = await bench.cluster.get_all(wanted)
    after = await run_all(_predicted(bench, operation, tree) for tree in wanted)
    before = [tree for tree in live if tree is not None]
    gone = removed(await stated(bench, old, hooks=False), wanted)
    for tree, found in zip(gone, await bench.cluster.get_all(gone)):
        if found is not None and not is_kept(tree) and not is_kept(found) and not ownership_problem(found, operation.owner):
            before.append(found)
    return before, after


async def _predicted(bench: Bench, operation: Operation, tree: Tree) -> Tree:
    try:
        return (await bench.cluster.apply(tree, dry_run=True))[0]
    except OperationFailed as error:
        operation.say("WARN", "the upgrade needs --force-conflicts", error=error.message)
        return (await bench.cluster.apply(tree, dry_run=True, force=True))[0]
    except NotFound:  # the namespace is not there yet
        return tree
