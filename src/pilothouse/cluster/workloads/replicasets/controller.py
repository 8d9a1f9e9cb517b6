"""Carries out the plans for ReplicaSets, and for ReplicationControllers, which differ from them only in name and selector."""

from __future__ import annotations

from pilothouse.api.meta import Tree, is_deleting, metadata, name_of, namespace_of, owner_reference, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.pods import available_in_s, pod_from_template
from pilothouse.cluster.workloads.replicasets.engine import plan_replicas, replica_status
from pilothouse.kit.aio import run_all
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import Denied, Invalid, NotFound
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.kinds import POD, REPLICA_SET, REPLICATION_CONTROLLER, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class ReplicaSetController:
    """Reconciles ReplicaSets."""

    KIND: Kind = REPLICA_SET
    ACCOUNT = "replicaset-controller"

    def __init__(self, manager: Manager) -> None:
        """Watch the sets and their Pods."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder(self.ACCOUNT, field_manager=MANAGER)
        self._sets = manager.informer(self.KIND)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index(CONTROLLER, by_controller)
        controller = manager.controller(self.KIND.kind.lower(), self.reconcile)
        controller.watch(self._sets)
        controller.watch(self._pods, to_controller(self.KIND))

    async def reconcile(self, request: Request) -> Result | None:
        """Bring the Pods of one set to the wished number."""
        replica_set = self._sets.cache.get(request.name, request.namespace)
        if replica_set is None:
            return None
        plan = plan_replicas(replica_set, self._pods_of(replica_set))
        for pod in plan.adopt:
            await self._adopt(replica_set, pod)
        for pod in plan.release:
            await self._release(replica_set, pod)
        failure = ""
        try:
            await run_all(self._create(replica_set) for _ in range(plan.create))
        except (Denied, Invalid) as error:
            failure = error.message
            self._recorder.warning(replica_set, "FailedCreate", f"Error creating: {failure}")
        await run_all(self._delete(replica_set, pod) for pod in plan.delete)
        now = self._clock.now()
        pods = self._pods_of(replica_set)
        stored = await write_status(
            self._client, self.KIND, replica_set, lambda tree: _dated(replica_status(tree, pods, now, failure), rfc3339(now))
        )
        if stored is not None:
            self._sets.observe(stored)
        if failure:
            raise Invalid(f"Pods of {request} cannot be created: {failure}")
        wait_s = available_in_s(pods, int(replica_set["spec"].get("minReadySeconds") or 0), now)
        return Result(requeue_after_s=wait_s + 0.05) if wait_s is not None and not is_deleting(replica_set) else None

    def _pods_of(self, replica_set: Tree) -> list[Tree]:
        return self._pods.cache.family(replica_set)

    async def _create(self, replica_set: Tree) -> None:
        pod = pod_from_template(replica_set["spec"]["template"], replica_set)
        created = await self._client.create(POD, pod)
        self._pods.observe(created)
        self._recorder.normal(replica_set, "SuccessfulCreate", f"Created pod: {name_of(created)}")

    async def _delete(self, replica_set: Tree, pod: Tree) -> None:
        try:
            answer = await self._client.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        self._pods.observe(answer)
        self._recorder.normal(replica_set, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    async def _adopt(self, replica_set: Tree, pod: Tree) -> None:
        references = [*(metadata(pod).get("ownerReferences") or ()), owner_reference(replica_set)]
        await self._set_owners(pod, references)

    async def _release(self, replica_set: Tree, pod: Tree) -> None:
        references = [r for r in metadata(pod).get("ownerReferences") or () if r.get("uid") != uid_of(replica_set)]
        await self._set_owners(pod, references)

    async def _set_owners(self, pod: Tree, references: list[Tree]) -> None:
        patch = {"metadata": {"uid": uid_of(pod), "ownerReferences": references}}
        try:
            self._pods.observe(await self._client.patch(POD, name_of(pod), namespace_of(pod), patch))
        except NotFound:
            return


class ReplicationManager(ReplicaSetController):
    """Reconciles ReplicationControllers."""

    KIND = REPLICATION_CONTROLLER
    ACCOUNT = "replication-controller"


def _dated(status: Tree, now: str) -> Tree:
    for condition in status.get("conditions") or ():
        condition.setdefault("lastTransitionTime", now)
    return status
