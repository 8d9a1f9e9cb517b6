"""The parts of the controller that the command line needs: sources with the cluster's credentials, comparison, destinations.

They are the controller's own, started for one command; nothing is written but dry runs and the mirrors in the cache directory.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.applications.comparison import Comparer
from pilothouse.delivery.gitops.applications.differences import Difference, differences
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.delivery.gitops.types.tracking import METHODS, Tracking
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.errors import NotFound
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.sdk.manager import Manager
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.kubeconfig import ClusterAccess


class Bench:
    """Renders and compares."""

    def __init__(self, manager: Manager, config: GitOpsConfig) -> None:
        """Work as the user of `manager`."""
        self._manager, self._config = manager, config
        self._sources = Sources(manager, GitMirrors(cache_dir(), manager.clock), config)
        self._clusters, self._jq = Clusters(manager, config.namespace), JqWorker()

    async def rendered(self, tree: Tree) -> list[Tree]:
        """Return the objects an Application wants, as its sources say; raises what is wrong with them."""
        return (await self._sources.rendering(read_app(tree), is_refresh=True)).objects

    async def placed(self, tree: Tree) -> list[Tree]:
        """Return the objects an Application wants, with namespace and what tracks them."""
        app, config = read_app(tree), await self._customizations(tree)
        return await (await self._cluster(app, config)).place(app, await self.rendered(tree))

    async def differences(self, tree: Tree, wanted: Tree) -> list[Difference]:
        """Return how an Application's objects differ from what its sources say, read as `wanted` names them."""
        app, config = read_app(tree), await self._customizations(tree)
        cluster = await self._cluster(app, config)
        ignored = read_customizations(config).ignored_differences
        comparer = Comparer(cluster, lambda: ignored, self._jq)
        targets = await cluster.place(app, await self.rendered(wanted))
        return await differences(cluster, comparer, app, targets)

    async def _cluster(self, app: App, config: dict[str, str]) -> ClusterObjects:
        manager = await self._clusters.of(app)
        return ClusterObjects(manager, lambda _name: None, tracking_of(config, self._config))

    async def _customizations(self, tree: Tree) -> dict[str, str]:
        try:
            found = await self._manager.client.get(CONFIG_MAP, "argocd-cm", tree["metadata"]["namespace"])
        except NotFound:
            return {}
        data: dict[str, str] = found.get("data") or {}
        return data

    async def stop(self) -> None:
        """End what was started."""
        self._jq.close()
        await self._clusters.stop()
        await self._manager.stop()
        await self._manager.client.close()


def tracking_of(config: dict[str, str], settings: GitOpsConfig) -> Tracking:
    """Return how objects are tracked, as argocd-cm says."""
    method = config.get("application.resourceTrackingMethod")
    return Tracking(method if method in METHODS else settings.tracking, home=settings.namespace)


def cache_dir() -> Path:
    """Return where mirrors are kept between two commands."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "pilothouse" / "git"


@asynccontextmanager
async def bench(access: ClusterAccess) -> AsyncIterator[Bench]:
    """Yield a bench on the cluster of a kubeconfig."""
    client = Client(HttpTransport(access, "pilothouse-cli"))
    manager = Manager(client, clock=SystemClock(), entropy=Entropy(), metrics=MetricsRegistry())
    found = Bench(manager, GitOpsConfig())
    try:
        yield found
    finally:
        await found.stop()


def at_revision(app: Tree, revision: str) -> Tree:
    """Return an Application with another revision of its one source, or of the first of several."""
    return _changed(app, {"targetRevision": revision}) if revision else app


def from_folder(app: Tree, repository: str, path: str) -> Tree:
    """Return an Application whose first source is a folder of a repository of this machine."""
    return _changed(app, {"repoURL": repository, "path": path, "targetRevision": "HEAD"})


def _changed(app: Tree, members: dict[str, Any]) -> Tree:
    spec = app["spec"]
    if spec.get("sources"):
        first, *rest = spec["sources"]
        return {**app, "spec": {**spec, "sources": [{**first, **members}, *rest]}}
    return {**app, "spec": {**spec, "source": {**(spec.get("source") or {}), **members}}}
