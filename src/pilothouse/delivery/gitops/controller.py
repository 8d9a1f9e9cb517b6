"""Reconciles Applications: look at the sources, compare, sync step by step, report."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, is_deleting
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.performing import SiteJudge, built_in_judge
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.adapters.render import Rendering
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.applications import report
from pilothouse.delivery.gitops.applications.assessment import Assessment
from pilothouse.delivery.gitops.applications.comparison import Overrides
from pilothouse.delivery.gitops.applications.conditions import COMPARISON, Problem
from pilothouse.delivery.gitops.applications.deletion import wanted_finalizers
from pilothouse.delivery.gitops.applications.departure import Departure
from pilothouse.delivery.gitops.applications.holds import Holds
from pilothouse.delivery.gitops.applications.operation import Operation
from pilothouse.delivery.gitops.applications.sites import Site, Sites
from pilothouse.delivery.gitops.applications.store import APPLICATION, ApplicationStore
from pilothouse.delivery.gitops.applications.syncs import Syncs
from pilothouse.delivery.gitops.applications.wakes import Wakes
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.webhooks import Push
from pilothouse.delivery.gitops.types import REFRESH, App, read_app
from pilothouse.delivery.gitops.types.tracking import Tracking
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

__all__ = ["APPLICATION", "ApplicationController", "built_in_judge"]


class ApplicationController:
    """One reconciler for all Applications."""

    def __init__(
        self, manager: Manager, mirrors: GitMirrors, config: GitOpsConfig, *, judge: SiteJudge = built_in_judge,
        ignored: Overrides = dict, clusters: Clusters | None = None,
    ) -> None:  # fmt: skip
        """Read Git through `mirrors`; `judge` tells health, `ignored` says by `group/Kind` what is never compared."""
        self._clock, self._config = manager.clock, config
        self._apps = manager.informer(APPLICATION)
        clusters = clusters or Clusters(manager, config.namespace)
        self._clusters = clusters
        self._projects = Projects(manager, config.namespace, clusters.place_of, clusters.project_of)
        self._sources = Sources(manager, mirrors, config)
        self._controller = manager.controller("application", self.reconcile, workers=4)
        self._store = ApplicationStore(manager, self._apps)
        tracking = Tracking(config.tracking, home=config.namespace)
        self._wakes = Wakes(self._apps, self._controller.enqueue, tracking)
        self._sites = Sites(clusters, judge, ignored, tracking, self._wakes.owner)
        self._holds = Holds(self._projects, self._apps)
        recorder = manager.recorder("argocd-controller")
        self._syncs = Syncs(manager.clock, recorder, self._store, self._holds, self._projects)
        self._departure = Departure(manager.clock, self._store, self._sources, self._sites)
        self._controller.watch(self._apps)
        self._controller.watch(self._projects.informer, self._wakes.members)
        self._apps.add_handler(self._wakes.dependents)
        self.on_news = self._wakes.on_news
        self._watch = self._sources.watch(manager.clock, self._wakes.users)

    def look_again(self) -> None:
        """Judge and compare everything anew: the scripts or rules for it changed."""
        self._sites.look_again()
        self._wakes.everyone()

    def judge_again(self, tree: Tree) -> None:
        """Look at once at the Application of an object whose verdict changed."""
        self._sites.judge_again(self._wakes.owners(tree))

    async def start(self) -> None:
        """Look at repositories from now on, and know the clusters."""
        await self._clusters.start()
        await self._watch.start()

    async def stop(self) -> None:
        """End that, and what was started on demand."""
        await self._watch.stop()
        await self._sites.stop()

    def announced(self, push: Push, namespace: str) -> int:
        """Look at once at the Applications a push is about, those of one namespace if it is given; returns how many there are."""
        found = self._sources.announced(push, self._apps.cache.list(namespace or None))
        for app in found:
            self._controller.enqueue(Request(app.namespace, app.name))
        return len(found)

    async def reconcile(self, request: Request) -> Result | None:
        """Move one Application a step and report where it stands."""
        tree = self._apps.cache.get(request.name, request.namespace)
        if tree is None:
            await self._forget(request)
            return None
        if is_deleting(tree):
            return await self._departure.go_on(tree)
        try:
            app = read_app(tree)
            site = await self._sites.of(app)
            problems = self._holds.problems(app)
            if problems:
                return await self._refuse(tree, problems)
            rendering, wanted = await self._wanted(request, app)
            targets = await self._store.placed(site.cluster, app, wanted)
        except PilothouseError as error:
            return await self._refuse(tree, [(COMPARISON, error.message)])
        return await self._step(request, site, app, rendering, wanted, targets)

    async def _wanted(self, request: Request, app: App) -> tuple[Rendering, Rendering]:
        """Return what the sources say now, and what is compared: another revision while somebody syncs to it."""
        is_asked = REFRESH in annotations_of(app.tree) or bool(app.tree.get("operation"))
        rendering = await self._sources.rendering(app, is_refresh=is_asked)
        pinned = self._syncs.pinned(request, app, rendering.revisions)
        return rendering, rendering if pinned is None else await self._sources.rendering(pinned)

    async def _step(
        self, request: Request, site: Site, app: App, rendering: Rendering, wanted: Rendering, targets: list[Tree]
    ) -> Result | None:
        missing = wanted_finalizers(app.tree, targets)
        if missing:
            app = read_app(await self._store.add_finalizers(app.tree, missing))
        assessment = await site.assessor.assess(app, targets, wanted.number)
        again_s = await self._syncs.go_on(request, app, rendering.revisions, wanted.revisions, assessment, site.syncing)
        operation = self._syncs.operation(request)
        assessment = await site.assessor.assess(app, targets, wanted.number)
        await self._report(site, app, wanted, assessment, operation)
        return Result(requeue_after_s=min(again_s, self._sources.poll_s(app)))

    async def _report(self, site: Site, app: App, wanted: Rendering, assessment: Assessment, operation: Operation | None) -> None:
        orphaned = self._projects.orphan_rules(app) is not None
        problems: list[Problem] = [("RepeatedResourceWarning", text) for text in wanted.warnings]
        problems += self._holds.orphans(app, site.cluster.strangers(app.destination_namespace)) if orphaned else []
        status = report.assessed(
            app, wanted.revisions, wanted.types, assessment, operation, problems, self._clock.now(), self._config.history_limit
        )
        await self._store.write(app.tree, status)

    async def _refuse(self, tree: Tree, problems: list[Problem]) -> Result:
        """Tell what is wrong with an Application, and look again later; a sync that is asked for fails."""
        operation = await self._syncs.refuse(tree, problems[0][1])
        await self._store.write(tree, report.failed(tree, problems, self._clock.now(), operation))
        try:
            return Result(requeue_after_s=self._sources.poll_s(read_app(tree)))
        except PilothouseError:
            return Result(requeue_after_s=self._config.poll_s)

    async def _forget(self, request: Request) -> None:
        self._syncs.forget(request)
        self._sites.forget(request.namespace, request.name)
        self._store.forget(request)
        await self._sources.forget(request.name, request.namespace)
