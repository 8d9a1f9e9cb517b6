"""Keeps the status of PodDisruptionBudgets."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, labels_of, name_of, namespace_of, uid_of
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.disruption.engine import budget_status
from pilothouse.sdk.cache import by_namespace
from pilothouse.sdk.kinds import POD, POD_DISRUPTION_BUDGET, REPLICA_SET, REPLICATION_CONTROLLER, STATEFUL_SET
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class DisruptionController:
    """Reconciles PodDisruptionBudgets."""

    def __init__(self, manager: Manager) -> None:
        """Watch budgets, Pods and the sets that say how many Pods there should be."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._budgets, self._pods = manager.informer(POD_DISRUPTION_BUDGET), manager.informer(POD)
        self._owners = [manager.informer(kind) for kind in (REPLICA_SET, REPLICATION_CONTROLLER, STATEFUL_SET)]
        for informer in (self._budgets, self._pods, *self._owners):
            informer.cache.add_index("namespace", by_namespace)
        controller = manager.controller("disruption", self.reconcile)
        controller.watch(self._budgets)
        controller.watch(self._pods, self._budgets_of)
        for informer in self._owners:
            controller.watch(informer, lambda _: ())

    def _budgets_of(self, pod: Tree) -> Iterable[Request]:
        for budget in self._budgets.cache.by_index("namespace", namespace_of(pod)):
            if label_selector_from_object(budget["spec"].get("selector")).matches(labels_of(pod)):
                yield Request(namespace_of(pod), name_of(budget))

    async def reconcile(self, request: Request) -> Result | None:
        """Write the status of one budget."""
        budget = self._budgets.cache.get(request.name, request.namespace)
        if budget is None:
            return None
        pods = self._pods.cache.by_index("namespace", request.namespace)
        expected = {
            uid_of(owner): int(owner["spec"].get("replicas") or 0)
            for informer in self._owners
            for owner in informer.cache.by_index("namespace", request.namespace)
        }
        now = self._clock.now()
        await write_status(self._client, POD_DISRUPTION_BUDGET, budget, lambda tree: budget_status(tree, pods, expected, now))
        return None
