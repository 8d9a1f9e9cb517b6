"""How every object of an Application differs from what is wanted: what `app diff` shows. Secrets come masked."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, group_of, metadata
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.applications.comparison import COMPARE_OPTIONS, Comparer
from pilothouse.delivery.gitops.engine.diff import hide_secret_data
from pilothouse.delivery.gitops.engine.diff.ignore import IgnoreRule
from pilothouse.delivery.gitops.engine.diff.normal import compared, is_secret
from pilothouse.delivery.gitops.engine.sync import has_option, identity_of, is_hook
from pilothouse.delivery.gitops.types import App


class Difference(msgspec.Struct, frozen=True):
    """One object: as it is, and as a sync would leave it; None where it is not there."""

    group: str
    kind: str
    namespace: str
    name: str
    live: Tree | None
    wanted: Tree | None


async def differences(cluster: ClusterObjects, comparer: Comparer, app: App, targets: list[Tree]) -> list[Difference]:
    """Return what a sync would create, change and prune; raises what the server says to the dry run."""
    await cluster.know(app.status.get("resources") or [])
    rules = comparer.rules_of(app)
    found = [await _one(cluster, comparer, target, rules) for target in targets if not is_hook(target)]
    identities = {identity_of(target) for target in targets}
    surplus = [tree for tree in cluster.tracked(app) if identity_of(tree) not in identities and not is_hook(tree)]
    found += [_shown(tree, tree, None) for tree in surplus if not _is_kept(tree)]
    return [each for each in found if each is not None]


def _is_kept(tree: Tree) -> bool:
    return has_option(tree, "Prune=false") or "IgnoreExtraneous" in annotations_of(tree).get(COMPARE_OPTIONS, "")


async def _one(cluster: ClusterObjects, comparer: Comparer, target: Tree, rules: list[IgnoreRule]) -> Difference | None:
    live = await cluster.live(target)
    if live is None:
        return _shown(target, None, target)
    diff = await comparer.compare(target, live, rules)
    return _shown(target, diff.live, diff.predicted) if diff.is_modified else None


def _shown(tree: Tree, live: Tree | None, wanted: Tree | None) -> Difference:
    if is_secret(tree):
        hidden = hide_secret_data(wanted, live)
        wanted, live = hidden.config, hidden.live
    meta = metadata(tree)
    sides = [None if side is None else compared(side) for side in (live, wanted)]
    return Difference(group_of(str(tree["apiVersion"])), tree["kind"], meta.get("namespace") or "", meta["name"], *sides)
