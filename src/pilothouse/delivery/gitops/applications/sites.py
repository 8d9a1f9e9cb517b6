"""What works on a cluster, for each cluster that Applications name: comparing, syncing, deleting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.adapters.performing import SiteJudge
from pilothouse.delivery.gitops.applications.assessment import Assessor
from pilothouse.delivery.gitops.applications.comparison import Comparer, Overrides
from pilothouse.delivery.gitops.applications.deletion import Deletion
from pilothouse.delivery.gitops.applications.operation import Syncing
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.tracking import Tracking
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request


class Site(msgspec.Struct, frozen=True):
    """One cluster."""

    cluster: ClusterObjects
    assessor: Assessor
    syncing: Syncing
    deletion: Deletion


class Sites:
    """The clusters in use."""

    def __init__(
        self, clusters: Clusters, judge: SiteJudge, ignored: Overrides, tracking: Tracking, on_change: Callable[[str], None]
    ) -> None:
        """Call `on_change` with the Application whose object changed, wherever that is."""
        self._clusters, self._judge, self._ignored = clusters, judge, ignored
        self._tracking, self._on_change = tracking, on_change
        self._jq = JqWorker()
        self._known: dict[int, tuple[Manager, Site]] = {}

    async def of(self, app: App) -> Site:
        """Return the site of an Application's destination; raises when that cannot be reached."""
        manager = await self._clusters.of(app)
        known = self._known.get(id(manager))
        if known is None:
            known = self._known[id(manager)] = (manager, self._site(manager))
        return known[1]

    def _site(self, manager: Manager) -> Site:
        cluster = ClusterObjects(manager, self._on_change, self._tracking)
        judge = partial(self._judge, client=manager.client)
        assessor = Assessor(cluster, judge, Comparer(cluster, self._ignored, self._jq))
        return Site(cluster, assessor, Syncing(cluster, assessor, judge), Deletion(cluster, judge))

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is kept of an Application."""
        for _, site in self._known.values():
            site.assessor.forget(namespace, name)
            site.deletion.forget(namespace, name)

    def judge_again(self, requests: list[Request]) -> None:
        """Judge the objects of Applications anew: a verdict on one of them changed."""
        for _, site in self._known.values():
            for request in requests:
                site.assessor.judge_again(request.namespace, request.name)

    def look_again(self) -> None:
        """Compare and judge everything anew."""
        for _, site in self._known.values():
            site.assessor.forget_all()

    async def stop(self) -> None:
        """End what was started on demand."""
        self._jq.close()
        await self._clusters.stop()
