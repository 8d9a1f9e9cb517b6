"""Applications as they are stored: their status written, their finalizers, and the objects they want in their final form."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.adapters.cluster import MANAGER, ClusterObjects
from pilothouse.delivery.gitops.adapters.render import Rendering
from pilothouse.delivery.gitops.applications.conditions import HEALTH, fresh
from pilothouse.delivery.gitops.types import GROUP, REFRESH, VERSION, App
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.finalizer import remove_finalizer
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request

APPLICATION = Kind(f"{GROUP}/{VERSION}", "Application", "applications")


class ApplicationStore:
    """Writes Applications, and remembers what their objects are."""

    def __init__(self, manager: Manager, apps: Informer) -> None:
        """Write as the controller; `apps` sees every write at once."""
        self._client, self._apps = manager.client.named(MANAGER), apps
        self._recorder = manager.recorder(MANAGER)
        self._placed: dict[Request, tuple[tuple[object, ...], list[Tree]]] = {}

    def forget(self, request: Request) -> None:
        """Drop what is kept of an Application."""
        self._placed.pop(request, None)

    async def placed(self, cluster: ClusterObjects, app: App, wanted: Rendering) -> list[Tree]:
        """Return the wanted objects with namespace and tracking; the same render gives the same list."""
        request = Request(app.namespace, app.name)
        key = (wanted.number, app.destination_namespace, metadata(app.tree).get("uid"), cluster.kinds_known)
        known = self._placed.get(request)
        if known is not None and known[0] == key:
            return known[1]
        found = await cluster.place(app, wanted.objects)
        self._placed[request] = ((*key[:3], cluster.kinds_known), found)
        return found

    async def write(self, tree: Tree, status: Tree) -> None:
        """Store the status; it is no subresource of this kind, so it is patched alone."""
        patch: list[Tree] = []
        if status != (tree.get("status") or {}):
            patch.append({"op": "add", "path": "/status", "value": status})
        if REFRESH in annotations_of(tree):
            patch.append({"op": "remove", "path": f"/metadata/annotations/{REFRESH.replace('/', '~1')}"})
        if not patch:
            return
        try:
            self._apps.observe(await self._client.patch(APPLICATION, name_of(tree), namespace_of(tree), patch, "json"))
        except NotFound:
            return
        for message in fresh(tree.get("status") or {}, status, HEALTH):
            self._recorder.warning(tree, "HealthCheckFailed", message)

    async def take_operation(self, tree: Tree) -> None:
        """Remove `operation`: it was taken up."""
        self._apps.observe(await self._client.patch(APPLICATION, name_of(tree), namespace_of(tree), {"operation": None}))

    async def add_finalizers(self, tree: Tree, names: list[str]) -> Tree:
        """Return the Application with more finalizers."""
        finalizers = [*(metadata(tree).get("finalizers") or ()), *names]
        meta = {"finalizers": finalizers, "resourceVersion": metadata(tree)["resourceVersion"]}
        stored = await self._client.patch(APPLICATION, name_of(tree), namespace_of(tree), {"metadata": meta})
        self._apps.observe(stored)
        return {"apiVersion": tree["apiVersion"], "kind": tree["kind"], **stored}

    async def drop_finalizer(self, tree: Tree, name: str) -> Tree | None:
        """Return the Application without a finalizer, None when it is gone."""
        return await remove_finalizer(self._client, APPLICATION, tree, name)
