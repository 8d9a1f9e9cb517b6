"""Binds claims, provisions directories, reclaims released volumes."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, annotations_of, is_deleting, metadata, name_of, namespace_of, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.volumes import engine
from pilothouse.cluster.workloads.volumes.adapters import DirectoryProvisioner
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.finalizer import remove_finalizer
from pilothouse.sdk.kinds import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, POD, STORAGE_CLASS
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status


class VolumeController:
    """Reconciles claims (namespace set) and volumes (namespace empty)."""

    def __init__(self, manager: Manager, provisioner: DirectoryProvisioner) -> None:
        """Provision through `provisioner`."""
        self._client = manager.client.named(MANAGER)
        self._recorder = manager.recorder("persistentvolume-controller", field_manager=MANAGER)
        self._provisioner = provisioner
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIM)
        self._volumes = manager.informer(PERSISTENT_VOLUME)
        self._classes = manager.informer(STORAGE_CLASS)
        controller = manager.controller("persistentvolume", self.reconcile, workers=2)
        controller.watch(self._claims)
        controller.watch(self._volumes)
        controller.watch(self._volumes, self._claims_for)
        controller.watch(self._claims, lambda tree: [Request("", v)] if (v := tree["spec"].get("volumeName")) else ())
        controller.watch(self._classes, self._pending_claims)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index("claim", _claim_keys)
        controller.watch(self._pods, lambda pod: [Request(namespace_of(pod), name) for name in engine.claims_used(pod)])

    def _claims_for(self, volume: Tree) -> Iterable[Request]:
        reference = volume["spec"].get("claimRef")
        if reference:
            return [Request(reference.get("namespace", ""), reference.get("name", ""))]
        return self._pending_claims(volume)

    def _pending_claims(self, _: Tree) -> Iterable[Request]:
        return [Request(namespace_of(c), name_of(c)) for c in self._claims.cache.list() if not c["spec"].get("volumeName")]

    async def reconcile(self, request: Request) -> Result | None:
        """Bind a claim, or look after a volume."""
        if request.namespace:
            claim = self._claims.cache.get(request.name, request.namespace)
            if claim is not None and is_deleting(claim):
                await self._let_claim_go(claim)
            elif claim is not None:
                await self._bind(claim)
        else:
            volume = self._volumes.cache.get(request.name)
            if volume is not None and is_deleting(volume):
                await self._let_volume_go(volume)
            elif volume is not None:
                await self._look_after(volume)
        return None

    async def _let_claim_go(self, claim: Tree) -> None:
        """Take the protection off a deleted claim once no Pod uses it."""
        if not self._pods.cache.by_index("claim", f"{namespace_of(claim)}/{name_of(claim)}"):
            await remove_finalizer(self._client, PERSISTENT_VOLUME_CLAIM, claim, engine.CLAIM_PROTECTION)

    async def _let_volume_go(self, volume: Tree) -> None:
        """Take the protection off a deleted volume once its claim is gone."""
        reference = volume["spec"].get("claimRef") or {}
        claim = self._claims.cache.get(reference.get("name", ""), reference.get("namespace", ""))
        if claim is None or uid_of(claim) != reference.get("uid"):
            await remove_finalizer(self._client, PERSISTENT_VOLUME, volume, engine.VOLUME_PROTECTION)

    async def _bind(self, claim: Tree) -> None:
        volume = engine.find_volume(claim, self._volumes.cache.list()) or await self._provision(claim)
        if volume is None:
            is_lost = bool(annotations_of(claim).get(engine.BIND_COMPLETED))
            await self._write_claim_status(claim, None, is_lost=is_lost)
            return
        if not volume["spec"].get("claimRef", {}).get("uid"):
            spec = {**volume["spec"], "claimRef": engine.claim_reference(claim)}
            notes = {**annotations_of(volume), engine.BOUND_BY_CONTROLLER: "yes"}
            meta = {**volume["metadata"], "annotations": notes}
            volume = await self._client.replace(PERSISTENT_VOLUME, {**volume, "metadata": meta, "spec": spec})
            self._volumes.observe(volume)
        if claim["spec"].get("volumeName") != name_of(volume) or engine.BIND_COMPLETED not in annotations_of(claim):
            claim = await self._client.replace(PERSISTENT_VOLUME_CLAIM, engine.bound_claim(claim, volume))
            self._claims.observe(claim)
        await self._write_claim_status(claim, volume)
        await write_status(self._client, PERSISTENT_VOLUME, volume, lambda _: {"phase": "Bound"})

    async def _write_claim_status(self, claim: Tree, volume: Tree | None, *, is_lost: bool = False) -> None:
        def compute(tree: Tree) -> Tree:
            return engine.claim_status(tree, volume, is_lost=is_lost)

        stored = await write_status(self._client, PERSISTENT_VOLUME_CLAIM, claim, compute)
        if stored is not None:
            self._claims.observe(stored)

    async def _provision(self, claim: Tree) -> Tree | None:
        storage_class = self._classes.cache.get(engine.class_of(claim)) if engine.class_of(claim) else None
        if claim["spec"].get("volumeName") or storage_class is None:
            return None
        if storage_class.get("provisioner") != engine.PROVISIONER or engine.must_wait_for_node(storage_class, claim):
            return None
        path = await self._provisioner.create(uid_of(claim))
        wanted = engine.provisioned_volume(claim, storage_class, str(path))
        try:
            volume = await self._client.create(PERSISTENT_VOLUME, wanted)
        except AlreadyExists:
            return await self._client.get(PERSISTENT_VOLUME, name_of(wanted))
        self._volumes.observe(volume)
        self._recorder.normal(claim, "ProvisioningSucceeded", f"Successfully provisioned volume {name_of(volume)}")
        return volume

    async def _look_after(self, volume: Tree) -> None:
        """Set the phase; a volume whose claim is gone is released, and removed if its policy says so."""
        reference = volume["spec"].get("claimRef")
        if not reference:
            await write_status(self._client, PERSISTENT_VOLUME, volume, lambda _: {"phase": "Available"})
            return
        claim = self._claims.cache.get(reference.get("name", ""), reference.get("namespace", ""))
        if not reference.get("uid") or (claim is not None and uid_of(claim) == reference["uid"]):
            return
        await write_status(self._client, PERSISTENT_VOLUME, volume, lambda _: {"phase": "Released"})
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete" and self._is_ours(volume):
            await self._provisioner.remove(volume["spec"]["hostPath"]["path"])
            try:
                await self._client.delete(PERSISTENT_VOLUME, name_of(volume), uid=uid_of(volume))
            except NotFound:
                return

    def _is_ours(self, volume: Tree) -> bool:
        return (metadata(volume).get("annotations") or {}).get(engine.PROVISIONED_BY) == engine.PROVISIONER


def _claim_keys(pod: Tree) -> list[str]:
    return [f"{namespace_of(pod)}/{name}" for name in engine.claims_used(pod)]
