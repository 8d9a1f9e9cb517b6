"""Carries out the plans for StatefulSets."""

from __future__ import annotations

from pilothouse.api.meta import Tree, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.pods import available_in_s
from pilothouse.cluster.workloads.pods.history import History
from pilothouse.cluster.workloads.pods.revisions import revision_name
from pilothouse.cluster.workloads.statefulsets import engine
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.kinds import PERSISTENT_VOLUME_CLAIM, POD, STATEFUL_SET
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class StatefulSetController:
    """Reconciles StatefulSets."""

    def __init__(self, manager: Manager) -> None:
        """Watch StatefulSets and their Pods."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("statefulset-controller", field_manager=MANAGER)
        self._sets = manager.informer(STATEFUL_SET)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index(CONTROLLER, by_controller)
        controller = manager.controller("statefulset", self.reconcile)
        controller.watch(self._sets)
        controller.watch(self._pods, to_controller(STATEFUL_SET))
        self._history = History(manager, self._client, controller)

    async def reconcile(self, request: Request) -> Result | None:
        """Move one StatefulSet a step."""
        stateful_set = self._sets.cache.get(request.name, request.namespace)
        if stateful_set is None:
            return None
        await self._history.keep(stateful_set, self._pods_of(stateful_set))
        now = self._clock.now()
        plan = engine.plan_pods(stateful_set, self._pods_of(stateful_set), now)
        for ordinal in plan.create:
            await self._create(stateful_set, ordinal)
        for pod in plan.delete:
            await self._delete(stateful_set, pod)
        pods = self._pods_of(stateful_set)
        stored = await write_status(self._client, STATEFUL_SET, stateful_set, lambda tree: engine.set_status(tree, pods, now))
        if stored is not None:
            self._sets.observe(stored)
        wait_s = available_in_s(pods, int(stateful_set["spec"].get("minReadySeconds") or 0), now)
        return Result(requeue_after_s=wait_s + 0.05) if wait_s is not None else None

    def _pods_of(self, stateful_set: Tree) -> list[Tree]:
        return self._pods.cache.family(stateful_set)

    async def _create(self, stateful_set: Tree, ordinal: int) -> None:
        for claim in engine.claims_for(stateful_set, ordinal):
            try:
                await self._client.create(PERSISTENT_VOLUME_CLAIM, claim)
            except AlreadyExists:
                continue
            pod, owner = f"{name_of(stateful_set)}-{ordinal}", name_of(stateful_set)
            message = f"create Claim {name_of(claim)} Pod {pod} in StatefulSet {owner} success"
            self._recorder.normal(stateful_set, "SuccessfulCreate", message)
        revision, template = self._revision_for(stateful_set, ordinal)
        try:
            created = await self._client.create(POD, engine.pod_for(stateful_set, ordinal, revision, template))
        except AlreadyExists:
            return
        self._pods.observe(created)
        message = f"create Pod {name_of(created)} in StatefulSet {name_of(stateful_set)} successful"
        self._recorder.normal(stateful_set, "SuccessfulCreate", message)

    def _revision_for(self, stateful_set: Tree, ordinal: int) -> tuple[str, Tree]:
        """Below the partition a missing Pod comes back with the revision it had."""
        spec = stateful_set["spec"]
        rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
        current = (stateful_set.get("status") or {}).get("currentRevision", "")
        if ordinal < int(rolling.get("partition") or 0) and current:
            revision = self._history.get(current, namespace_of(stateful_set))
            if revision is not None:
                stored = revision["data"]["spec"]["template"]
                return current, {key: value for key, value in stored.items() if key != "$patch"}
        return revision_name(stateful_set), spec["template"]

    async def _delete(self, stateful_set: Tree, pod: Tree) -> None:
        try:
            answer = await self._client.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        self._pods.observe(answer)
        message = f"delete Pod {name_of(pod)} in StatefulSet {name_of(stateful_set)} successful"
        self._recorder.normal(stateful_set, "SuccessfulDelete", message)
