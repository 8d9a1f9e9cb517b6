"""Carries out the plans for DaemonSets."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.daemonsets import engine
from pilothouse.cluster.workloads.pods import available_in_s
from pilothouse.cluster.workloads.pods.history import History
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import spec_changed, to_controller
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import DAEMON_SET, NODE, POD
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class DaemonSetController:
    """Reconciles DaemonSets."""

    def __init__(self, manager: Manager) -> None:
        """Watch DaemonSets, their Pods and the nodes."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("daemonset-controller", field_manager=MANAGER)
        self._sets, self._nodes, self._pods = (manager.informer(kind) for kind in (DAEMON_SET, NODE, POD))
        self._pods.cache.add_index(CONTROLLER, by_controller)
        controller = manager.controller("daemonset", self.reconcile)
        controller.watch(self._sets)
        controller.watch(self._pods, to_controller(DAEMON_SET))
        controller.watch(self._nodes, self._all_sets, _node_matters)
        self._history = History(manager, self._client, controller)

    def _all_sets(self, _: Tree) -> Iterable[Request]:
        return [Request(key.namespace, key.name) for key in self._sets.cache.keys()]  # noqa: SIM118 - a Cache is no mapping

    async def reconcile(self, request: Request) -> Result | None:
        """Bring one DaemonSet to its nodes."""
        daemon_set = self._sets.cache.get(request.name, request.namespace)
        if daemon_set is None:
            return None
        await self._history.keep(daemon_set, self._pods_of(daemon_set))
        now, nodes = self._clock.now(), self._nodes.cache.list()
        plan = engine.plan_pods(daemon_set, nodes, self._pods_of(daemon_set), now)
        for node in plan.create:
            created = await self._client.create(POD, engine.pod_for(daemon_set, node))
            self._pods.observe(created)
            self._recorder.normal(daemon_set, "SuccessfulCreate", f"Created pod: {name_of(created)}")
        for pod in plan.delete:
            await self._delete(daemon_set, pod)
        pods = self._pods_of(daemon_set)
        stored = await write_status(
            self._client, DAEMON_SET, daemon_set, lambda tree: engine.daemon_status(tree, nodes, pods, now)
        )
        if stored is not None:
            self._sets.observe(stored)
        wait_s = available_in_s(pods, int(daemon_set["spec"].get("minReadySeconds") or 0), now)
        return Result(requeue_after_s=wait_s + 0.05) if wait_s is not None else None

    def _pods_of(self, daemon_set: Tree) -> list[Tree]:
        return self._pods.cache.family(daemon_set)

    async def _delete(self, daemon_set: Tree, pod: Tree) -> None:
        try:
            answer = await self._client.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        self._pods.observe(answer)
        self._recorder.normal(daemon_set, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")


def _node_matters(change: Change) -> bool:
    return spec_changed(change) or (change.old or {}).get("spec") != (change.new or {}).get("spec")
