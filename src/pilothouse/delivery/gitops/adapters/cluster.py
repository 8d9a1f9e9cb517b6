"""Objects in the cluster, for the controller: read live state, dry-run, apply, delete."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.engine.tasks import Task, has_option, object_id
from pilothouse.delivery.gitops.types import TRACKING, App, app_of, tracking_id
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.discovery import Discovery, KindNotServed
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import NAMESPACE, Kind
from pilothouse.sdk.manager import Manager


class ClusterObjects:
    """Live objects of any kind; kinds are followed from their first use on."""

    def __init__(self, manager: Manager, on_change: Callable[[str], None]) -> None:
        """Call `on_change(application name)` when an object tracked by it changed."""
        self._manager = manager
        self.client = manager.client.named("argocd-controller")
        self._discovery = Discovery(self.client)
        self._on_change = on_change
        self._followed: dict[Kind, Informer] = {}

    async def kind_of(self, tree: Tree) -> Kind:
        """Return the kind of an object; raises `KindNotServed`."""
        return await self._discovery.find(str(tree["apiVersion"]), str(tree["kind"]))

    async def place(self, app: App, targets: list[Tree]) -> list[Tree]:
        """Return the targets with namespace and tracking annotation, as they are applied."""
        placed: list[Tree] = []
        for target in targets:
            try:
                is_namespaced = (await self.kind_of(target)).is_namespaced
            except KindNotServed:
                is_namespaced = bool(namespace_of(target))
            meta = dict(metadata(target))
            if is_namespaced:
                meta["namespace"] = meta.get("namespace") or app.destination_namespace
            else:
                meta.pop("namespace", None)
            group = str(target["apiVersion"]).rpartition("/")[0]
            identity = tracking_id(app, group, target["kind"], meta.get("namespace", ""), str(meta.get("name", "")))
            meta["annotations"] = {**(meta.get("annotations") or {}), TRACKING: identity}
            placed.append({**target, "metadata": meta})
        return placed

    async def follow(self, kind: Kind) -> Informer:
        """Return the complete informer of a kind, telling about tracked objects from now on."""
        informer = self._followed.get(kind)
        if informer is None:
            informer = self._followed[kind] = self._manager.informer(kind)
            informer.add_handler(lambda change: self._tell(change.tree))
        await informer.start()
        return informer

    def _tell(self, tree: Tree) -> None:
        name = app_of(tree)
        if name:
            self._on_change(name)

    async def live(self, tree: Tree) -> Tree | None:
        """Return the live object of a target, None when it or its kind is not there."""
        try:
            informer = await self.follow(await self.kind_of(tree))
        except KindNotServed:
            return None
        return informer.cache.get(name_of(tree), namespace_of(tree))

    async def tracked(self, app: App, known: list[Tree]) -> list[Tree]:
        """Return all live objects that carry the Application's tracking annotation, of the kinds in `known` or followed."""
        for entry in known:
            version = f"{entry['group']}/{entry['version']}" if entry.get("group") else entry["version"]
            try:
                await self.follow(await self._discovery.find(version, entry["kind"]))
            except KindNotServed:
                continue
        found: list[Tree] = []
        for kind, informer in self._followed.items():
            for tree in informer.cache.list():
                own = tracking_id(app, kind.group, kind.kind, namespace_of(tree), name_of(tree))
                if (metadata(tree).get("annotations") or {}).get(TRACKING) == own:
                    found.append(tree)
        return found

    async def predict(self, target: Tree) -> Tree:
        """Return what applying would store."""
        kind = await self.kind_of(target)
        return await self.client.apply(kind, target, force=True, dry_run=True)

    async def apply(self, app: App, task: Task) -> None:
        """Apply one task; raises when the server refuses it."""
        assert task.target is not None
        kind = await self.kind_of(task.target)
        if task.is_hook or has_option(task.target, "Replace=true") or app.has_option("Replace=true"):
            stored = await self._replace(kind, task.target)
        else:
            stored = await self.client.apply(kind, task.target, force=True)
        (await self.follow(kind)).observe(stored)

    async def _replace(self, kind: Kind, target: Tree) -> Tree:
        try:
            return await self.client.create(kind, target)
        except AlreadyExists:
            current = await self.client.get(kind, name_of(target), namespace_of(target))
            version = metadata(current)["resourceVersion"]
            return await self.client.replace(kind, {**target, "metadata": {**metadata(target), "resourceVersion": version}})

    async def delete(self, tree: Tree, propagation: str = "Foreground") -> None:
        """Ask for deletion; nothing happens when it is gone."""
        try:
            kind = await self.kind_of(tree)
            await self.client.delete(kind, name_of(tree), namespace_of(tree), propagation=propagation)
        except NotFound:
            return

    async def ensure_namespace(self, app: App) -> None:
        """Create the destination namespace."""
        meta = {"name": app.destination_namespace}
        try:
            await self.client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        except AlreadyExists:
            return


def identity_of(tree: Tree) -> str:
    """Return the identity of an object."""
    return object_id(str(tree["apiVersion"]), str(tree["kind"]), namespace_of(tree), name_of(tree))
