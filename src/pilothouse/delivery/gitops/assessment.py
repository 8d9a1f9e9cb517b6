"""How an Application stands: every resource compared and judged, summed up in its status."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects, identity_of
from pilothouse.delivery.gitops.engine.compare import Compared, is_synced, resource_status
from pilothouse.delivery.gitops.engine.health import MISSING, health_of, worst
from pilothouse.delivery.gitops.engine.tasks import has_option, is_hook, wave_of
from pilothouse.delivery.gitops.types import App
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.discovery import KindNotServed


class Assessment(msgspec.Struct, frozen=True):
    """The result of a comparison."""

    resources: list[Compared]
    surplus: list[Tree]
    """Live objects that are tracked but no longer wanted."""

    @property
    def is_synced(self) -> bool:
        """Whether nothing has to be applied or pruned."""
        return all(entry.status == "Synced" for entry in self.resources)

    @property
    def health(self) -> str:
        """The worst health of all resources."""
        return worst([entry.health for entry in self.resources if entry.health])

    def status(self) -> list[Tree]:
        """Return status.resources."""
        return [resource_status(entry) for entry in self.resources]


async def assess(app: App, targets: list[Tree], cluster: ClusterObjects) -> Assessment:
    """Compare what is wanted with what is there."""
    wanted = [tree for tree in targets if not is_hook(tree)]
    resources = [await _compare(tree, cluster) for tree in wanted]
    identities = {identity_of(tree) for tree in targets}
    known = (app.tree.get("status") or {}).get("resources") or []
    surplus = [tree for tree in await cluster.tracked(app, known) if identity_of(tree) not in identities and not is_hook(tree)]
    for tree in surplus:
        status = "Synced" if has_option(tree, "Prune=false") else "OutOfSync"
        health = health_of(tree)
        resources.append(
            Compared(identity_of(tree), status, health.status if health else "", health.message if health else "", tree,
                     requires_pruning=True, wave=wave_of(tree))
        )  # fmt: skip
    return Assessment(resources, surplus)


async def _compare(target: Tree, cluster: ClusterObjects) -> Compared:
    live = await cluster.live(target)
    identity, wave = identity_of(target), wave_of(target)
    if live is None:
        return Compared(identity, "OutOfSync", MISSING, "", target, wave=wave)
    health = health_of(live)
    shown, message = (health.status, health.message) if health else ("", "")
    if annotations_of(target).get("argocd.argoproj.io/compare-options", "") == "IgnoreExtraneous":
        return Compared(identity, "Synced", shown, message, target, wave=wave)
    try:
        status = "Synced" if is_synced(live, await cluster.predict(target)) else "OutOfSync"
    except KindNotServed:
        status = "OutOfSync"
    except PilothouseError as error:
        status, message = "OutOfSync", error.message
    return Compared(identity, status, shown, message, target, wave=wave)
