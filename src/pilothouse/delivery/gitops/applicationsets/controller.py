"""Reconciles ApplicationSets: generate, check, create, change and delete Applications, roll out, tell."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, is_deleting, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.applications.store import APPLICATION
from pilothouse.delivery.gitops.applicationsets.checking import Checks
from pilothouse.delivery.gitops.applicationsets.departure import SetDeparture
from pilothouse.delivery.gitops.applicationsets.driving import Driver
from pilothouse.delivery.gitops.applicationsets.family import Family
from pilothouse.delivery.gitops.applicationsets.looking import Looks, Work
from pilothouse.delivery.gitops.applicationsets.members import ClusterMembers
from pilothouse.delivery.gitops.applicationsets.rolling import Rolling
from pilothouse.delivery.gitops.applicationsets.schedule import (
    AFTER_FAILURE_S,
    AFTER_REFUSAL_S,
    REFRESH,
    is_affected,
    reads,
    requeue_s,
)
from pilothouse.delivery.gitops.applicationsets.status import WRITE_FAILED, Problem, status_of
from pilothouse.delivery.gitops.applicationsets.writing import APPLICATION_SET, MANAGER, Writer
from pilothouse.delivery.gitops.engine.applicationsets.asks import PullRequests
from pilothouse.delivery.gitops.engine.webhooks import PullChange, Push
from pilothouse.delivery.gitops.engine.webhooks.pulls import is_about
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class ApplicationSetController:
    """One reconciler for all ApplicationSets."""

    def __init__(self, manager: Manager, driver: Driver, members: ClusterMembers, checks: Checks) -> None:
        """Generate by `driver`; look again when a cluster of `members` changes."""
        self._manager, self.driver, self._checks = manager, driver, checks
        self._client = manager.client.named(MANAGER)
        self._sets, self._apps = manager.informer(APPLICATION_SET), manager.informer(APPLICATION)
        self.controller = manager.controller("applicationset", self.reconcile, workers=2)
        self.writer = Writer(manager, self._apps, checks)
        self._rolling = Rolling(self.writer)
        self._departure = SetDeparture(manager, self.writer)
        self._family = Family(self._sets, self._apps, self.controller)
        self.looks = Looks(driver, checks, self._family, manager.clock)
        self.controller.watch(self._sets, predicate=self._family.is_news)
        self.controller.watch(self._apps, lambda _tree: ())
        self.controller.watch(members.secrets, lambda _secret: self._family.all_of("clusters", "clusterDecisionResource"))
        self._apps.add_handler(self._family.application_changed)

    async def start(self) -> None:
        """Start nothing: the first use does."""

    async def stop(self) -> None:
        """End what was started on demand."""
        self.looks.close()
        await self.driver.close()

    def news(self, url: str) -> None:
        """Look at once at the ApplicationSets that read a repository, whose references are others now."""
        for request in self._family.requests(""):
            if reads(url, self.driver.asked(request)):
                self.controller.enqueue(request)

    def announced(self, push: Push, namespace: str) -> int:
        """Look at once at the ApplicationSets a push is about; returns how many there are."""
        found = [request for request in self._family.requests(namespace) if is_affected(push, self.driver.asked(request))]
        for request in found:
            self.controller.enqueue(request)
        return len(found)

    def pull_changed(self, change: PullChange, namespace: str) -> int:
        """Look at once at the ApplicationSets that follow the pull requests of a repository; returns how many there are."""
        found = 0
        for request in self._family.requests(namespace):
            if any(isinstance(ask, PullRequests) and is_about(change, ask.spec) for ask in self.driver.asked(request)):
                self.driver.expect_news(request)
                self.controller.enqueue(request)
                found += 1
        return found

    async def reconcile(self, request: Request) -> Result | None:
        """Bring the Applications of one ApplicationSet to what it says."""
        tree = self._sets.cache.get(request.name, request.namespace)
        if tree is None:
            await self.driver.forget(request)
            return None
        live = self._family.of(tree)
        if is_deleting(tree):
            return await self._departure.go_on(tree, live)
        await self._checks.start()
        tree = await self._departure.prepare(tree)
        work = await self.looks.plan(tree, live)
        if work.rollout is not None and work.plan.change:
            await self._tell(tree, live, work)
        failure = await self.writer.carry_out(tree, work.plan)
        if work.rollout is not None:
            await self._rolling.carry_out(work.rollout, work.wanted, self._family.of(tree))
        if failure and work.problem is None:
            work.problem = Problem(WRITE_FAILED, failure)
        await self._tell(tree, self._family.of(tree), work)
        again_s = requeue_s(tree)
        if work.problem is not None:
            longest_s = AFTER_REFUSAL_S if failure else AFTER_FAILURE_S
            again_s = min(again_s or longest_s, longest_s)
        return Result(requeue_after_s=again_s) if again_s is not None else None

    async def _tell(self, tree: Tree, live: dict[str, Tree], work: Work) -> None:
        now = self._manager.clock.now()
        stored = await write_status(
            self._client, APPLICATION_SET, tree, lambda fresh: status_of(fresh, live, work.problem, work.rollout, now)
        )
        if stored is not None and REFRESH in annotations_of(stored):
            patch = {"metadata": {"annotations": {REFRESH: None}}}
            stored = await self._client.patch(APPLICATION_SET, name_of(tree), namespace_of(tree), patch)
        if stored is not None and metadata(stored).get("resourceVersion") != metadata(tree).get("resourceVersion"):
            self._sets.observe(stored)
