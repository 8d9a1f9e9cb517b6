"""Carries out rollouts: creates and scales ReplicaSets, writes status."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, is_deleting, metadata, name_of, namespace_of, owner_reference, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.deployments import engine
from pilothouse.cluster.workloads.deployments.status import deadline_in_s, deployment_status, is_complete
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.cache import CONTROLLER, by_controller
from pilothouse.sdk.controller import to_controller
from pilothouse.sdk.kinds import DEPLOYMENT, REPLICA_SET
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class DeploymentController:
    """Reconciles Deployments."""

    def __init__(self, manager: Manager) -> None:
        """Watch Deployments and their ReplicaSets."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._recorder = manager.recorder("deployment-controller", field_manager=MANAGER)
        self._deployments = manager.informer(DEPLOYMENT)
        self._sets = manager.informer(REPLICA_SET)
        self._sets.cache.add_index(CONTROLLER, by_controller)
        controller = manager.controller("deployment", self.reconcile)
        controller.watch(self._deployments)
        controller.watch(self._sets, to_controller(DEPLOYMENT))

    async def reconcile(self, request: Request) -> Result | None:
        """Move one Deployment a step."""
        deployment = self._deployments.cache.get(request.name, request.namespace)
        if deployment is None:
            return None
        replica_sets = await self._owned_sets(deployment)
        current = engine.current_set(deployment, replica_sets)
        others = [rs for rs in replica_sets if current is None or uid_of(rs) != uid_of(current)]
        if not is_deleting(deployment):
            current = await self._roll(deployment, current, others)
        return await self._write_status(deployment, current, others)

    async def _roll(self, deployment: Tree, current: Tree | None, others: list[Tree]) -> Tree | None:
        """Create, scale and delete ReplicaSets; return the one of the present template."""
        if not deployment["spec"].get("paused"):
            current = await self._ensure_current(deployment, current, others)
        wishes = engine.plan_scale(deployment, current, others)
        for replica_set in [*([current] if current else []), *others]:
            wanted = wishes.get(name_of(replica_set))
            if wanted is not None and wanted != engine.replicas_of(replica_set):
                await self._scale(deployment, replica_set, wanted)
        if not deployment["spec"].get("paused"):
            for surplus in engine.surplus_history(deployment, others):
                await self._delete(surplus)
        return current

    async def _owned_sets(self, deployment: Tree) -> list[Tree]:
        found: list[Tree] = []
        for replica_set in self._sets.cache.family(deployment):
            if engine.owns(deployment, replica_set):
                found.append(replica_set)
            elif _may_adopt(deployment, replica_set):
                patch = {"metadata": {"uid": uid_of(replica_set), "ownerReferences": [owner_reference(deployment)]}}
                found.append(await self._client.patch(REPLICA_SET, name_of(replica_set), namespace_of(replica_set), patch))
        return found

    async def _ensure_current(self, deployment: Tree, current: Tree | None, others: list[Tree]) -> Tree | None:
        newest = max(map(engine.revision_of, others), default=0)
        if current is None:
            current = await self._create_set(deployment, newest + 1, others)
        revision = max(engine.revision_of(current), newest + 1)
        wanted = engine.set_annotations(deployment, annotations_of(current), revision)
        if wanted != annotations_of(current):
            patch = {"metadata": {"annotations": wanted}}
            current = await self._client.patch(REPLICA_SET, name_of(current), namespace_of(current), patch)
            self._sets.observe(current)
        if annotations_of(deployment).get(engine.REVISION) != str(revision):
            patch = {"metadata": {"annotations": {engine.REVISION: str(revision)}}}
            # through status, as it says what happened and is no change of what is wanted
            name, namespace = name_of(deployment), namespace_of(deployment)
            stored = await self._client.patch(DEPLOYMENT, name, namespace, patch, subresource="status")
            deployment["metadata"] = stored["metadata"]
            self._deployments.observe(stored)
        return current

    async def _create_set(self, deployment: Tree, revision: int, others: list[Tree]) -> Tree:
        wanted = engine.new_set(deployment, revision, 0)
        wanted["spec"]["replicas"] = engine.plan_scale(deployment, wanted, others).get(name_of(wanted), 0)
        try:
            created = await self._client.create(REPLICA_SET, wanted)
        except AlreadyExists:
            found = await self._client.get(REPLICA_SET, name_of(wanted), namespace_of(wanted))
            if engine.owns(deployment, found) and engine.current_set(deployment, [found]) is not None:
                return found
            await write_status(self._client, DEPLOYMENT, deployment, _with_collision)
            raise
        self._sets.observe(created)
        if engine.replicas_of(created):
            message = f"Scaled up replica set {name_of(created)} from 0 to {engine.replicas_of(created)}"
            self._recorder.normal(deployment, "ScalingReplicaSet", message)
        return created

    async def _scale(self, deployment: Tree, replica_set: Tree, wanted: int) -> None:
        before = engine.replicas_of(replica_set)
        patch = {"spec": {"replicas": wanted}}
        stored = await self._client.patch(REPLICA_SET, name_of(replica_set), namespace_of(replica_set), patch)
        self._sets.observe(stored)
        direction = "up" if wanted > before else "down"
        message = f"Scaled {direction} replica set {name_of(replica_set)} from {before} to {wanted}"
        self._recorder.normal(deployment, "ScalingReplicaSet", message)

    async def _delete(self, replica_set: Tree) -> None:
        try:
            await self._client.delete(REPLICA_SET, name_of(replica_set), namespace_of(replica_set), uid=uid_of(replica_set))
        except NotFound:
            return

    async def _write_status(self, deployment: Tree, current: Tree | None, others: list[Tree]) -> Result | None:
        now = self._clock.now()

        def compute(tree: Tree) -> Tree:
            return deployment_status(tree, current, others, now)

        stored = await write_status(self._client, DEPLOYMENT, deployment, compute)
        if stored is None or is_deleting(stored) or is_complete(stored, stored.get("status") or {}):
            return None
        self._deployments.observe(stored)
        remaining_s = deadline_in_s(stored, now)
        return Result(requeue_after_s=remaining_s + 1) if remaining_s > 0 else None


def _may_adopt(deployment: Tree, replica_set: Tree) -> bool:
    has_owner = bool(metadata(replica_set).get("ownerReferences"))
    return not has_owner and not is_deleting(deployment) and engine.is_selected(deployment, replica_set)


def _with_collision(tree: Tree) -> Tree:
    status = dict(tree.get("status") or {})
    return {**status, "collisionCount": int(status.get("collisionCount") or 0) + 1}
