"""Objects in the cluster, for the controller: read live state, dry-run, apply, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from pilothouse.api.meta import ObjectKey, Tree, is_condition_true, metadata, name_of, namespace_of, uid_of
from pilothouse.delivery.gitops.engine.diff.normal import normal_secret
from pilothouse.delivery.gitops.engine.sync import identity_of, object_id
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.tracking import Tracking
from pilothouse.kit.errors import NotFound, Unavailable
from pilothouse.sdk.discovery import Discovery, KindNotServed
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager

MANAGER = "argocd-controller"
FOLLOW_TIMEOUT_S = 30.0
ESTABLISHED_TRIES, ESTABLISHED_WAIT_S = 100, 0.05
_OWNER = "gitops-application"
_BY_ANNOTATION = Tracking()
Fingerprint = tuple[tuple[str, str, str, str], ...]


class ClusterObjects:
    """Live objects of any kind; kinds are followed from their first use on, and found by the Application that owns them."""

    def __init__(self, manager: Manager, on_change: Callable[[str], None], tracking: Tracking = _BY_ANNOTATION) -> None:
        """Call `on_change(application)` when an object tracked by it changed."""
        self._manager = manager
        self.client = manager.client.named(MANAGER)
        self._discovery = Discovery(self.client, is_lenient=True)
        self._on_change = on_change
        self.tracking = tracking
        self._followed: dict[Kind, Informer] = {}
        self._applied: dict[str, tuple[str, Tree]] = {}

    @property
    def kinds_known(self) -> int:
        """How many kinds are followed: with a new one, objects may turn out to be namespaced."""
        return len(self._followed)

    async def kind_of(self, tree: Tree) -> Kind:
        """Return the kind of an object; raises `KindNotServed`."""
        return await self._discovery.find(str(tree["apiVersion"]), str(tree["kind"]))

    async def place(self, app: App, targets: list[Tree]) -> list[Tree]:
        """Return the targets with namespace and tracking annotation, as they are applied.

        Texts of Secrets come as data: a field that is not stored cannot be compared, nor be owned.
        """
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
            meta = self.tracking.mark(app, target, meta)
            placed.append(normal_secret({**target, "metadata": meta}))
        return placed

    async def follow(self, kind: Kind) -> Informer:
        """Return the complete informer of a kind, telling about tracked objects from now on."""
        informer = self._followed.get(kind)
        if informer is None:
            informer = self._followed[kind] = self._manager.informer(kind)
            informer.cache.add_index(_OWNER, self._owners)
            informer.add_handler(lambda change: self._tell(change.tree))
        try:
            async with asyncio.timeout(FOLLOW_TIMEOUT_S):
                await informer.start()
        except TimeoutError as error:
            raise Unavailable(f"{kind.resource_name} cannot be listed in time", fix="look whether the cluster answers") from error
        return informer

    def _tell(self, tree: Tree) -> None:
        for name in self._owners(tree):
            self._on_change(name)

    def _owners(self, tree: Tree) -> list[str]:
        name = self.tracking.owner(tree)
        return [name] if name else []

    async def live(self, tree: Tree) -> Tree | None:
        """Return the live object of a target, None when it or its kind is not there."""
        try:
            informer = await self.follow(await self.kind_of(tree))
        except KindNotServed:
            return None
        return informer.cache.get(name_of(tree), namespace_of(tree))

    async def read(self, tree: Tree) -> Tree:
        """Return an object as the API server has it now; raises NotFound."""
        found = await self.client.get(await self.kind_of(tree), name_of(tree), namespace_of(tree))
        return {"apiVersion": tree["apiVersion"], "kind": tree["kind"], **found}

    async def know(self, known: list[Tree]) -> None:
        """Follow the kinds of `status.resources`, so that what an Application owned before a restart is found."""
        for entry in known:
            version = f"{entry['group']}/{entry['version']}" if entry.get("group") else str(entry["version"])
            try:
                await self.follow(await self._discovery.find(version, entry["kind"]))
            except KindNotServed:
                continue

    def tracked(self, app: App) -> list[Tree]:
        """Return all live objects that carry the Application's tracking annotation, of the kinds followed."""
        found: list[Tree] = []
        for kind, key in self._owned(app):
            tree = self._followed[kind].cache.get(key.name, key.namespace)
            if tree is not None and self.tracking.owns(app, {"apiVersion": kind.api_version, "kind": kind.kind, **tree}):
                found.append(tree)
        return found

    def _owned(self, app: App) -> Iterator[tuple[Kind, ObjectKey]]:
        owner = self.tracking.instance(app.namespace, app.name)
        for kind, informer in self._followed.items():
            for key in informer.cache.keys_by_index(_OWNER, owner):
                yield kind, key

    async def fingerprint(self, app: App, targets: list[Tree]) -> Fingerprint:
        """Return the versions of everything an Application wants or owns: the same ones mean that nothing changed."""
        found: set[tuple[str, str, str, str]] = set()
        places: list[tuple[Kind, ObjectKey]] = []
        for target in targets:
            try:
                kind = await self.kind_of(target)
                await self.follow(kind)
            except KindNotServed:
                found.add((str(target["apiVersion"]), str(target["kind"]), "", "not served"))
                continue
            places.append((kind, ObjectKey(namespace_of(target), name_of(target))))
        for kind, key in (*places, *self._owned(app)):
            entry = self._followed[kind].cache.entry(key)
            version = entry.resource_version if entry is not None else ""
            found.add((f"{kind.api_version}/{kind.kind}", key.namespace, key.name, version))
        return tuple(sorted(found))

    def strangers(self, namespace: str) -> list[Tree]:
        """Return the objects of a namespace that no Application tracks and nobody owns, of the kinds followed."""
        found: list[Tree] = []
        for kind, informer in self._followed.items():
            if kind.is_namespaced:
                trees = informer.cache.list(namespace)
                found += [tree for tree in trees if not self.tracking.owner(tree) and not metadata(tree).get("ownerReferences")]
        return found

    async def predict(self, target: Tree) -> Tree:
        """Return what applying would store."""
        return await self.client.apply(await self.kind_of(target), target, force=True, dry_run=True)

    async def apply(self, target: Tree) -> Tree:
        """Apply an object; raises when the server refuses it."""
        kind = await self.kind_of(target)
        stored = await self._seen(kind, await self.client.apply(kind, target, force=True))
        self._applied[identity_of(target)] = (str(metadata(stored).get("resourceVersion", "")), target)
        return stored

    def is_just_applied(self, target: Tree, live: Tree) -> bool:
        """Whether the live object is what applying this very target stored, so that applying it again would change nothing."""
        version, applied = self._applied.pop(identity_of(target), ("", None))
        return applied is not None and version == metadata(live).get("resourceVersion") and applied == target

    async def until_established(self, definition: Tree) -> None:
        """Return when a definition is served, or after a while: what comes next may be of its kind."""
        for _ in range(ESTABLISHED_TRIES):
            if is_condition_true(await self.read(definition), "Established"):
                return
            await self._manager.clock.sleep(ESTABLISHED_WAIT_S)

    async def create(self, target: Tree) -> Tree:
        """Create an object; raises AlreadyExists."""
        kind = await self.kind_of(target)
        return await self._seen(kind, await self.client.create(kind, target))

    async def replace(self, target: Tree) -> Tree:
        """Put an object in the place of the live one; raises NotFound."""
        kind = await self.kind_of(target)
        current = await self.client.get(kind, name_of(target), namespace_of(target))
        version = metadata(current)["resourceVersion"]
        tree = {**target, "metadata": {**metadata(target), "resourceVersion": version}}
        return await self._seen(kind, await self.client.replace(kind, tree))

    async def patch(self, tree: Tree, patch: list[Tree]) -> Tree:
        """Change an object by a JSON patch."""
        kind = await self.kind_of(tree)
        return await self._seen(kind, await self.client.patch(kind, name_of(tree), namespace_of(tree), patch, "json"))

    async def _seen(self, kind: Kind, stored: Tree) -> Tree:
        (await self.follow(kind)).observe(stored)
        return stored

    async def delete(self, tree: Tree, propagation: str = "Foreground") -> None:
        """Ask for deletion; raises NotFound when it is gone."""
        kind = await self.kind_of(tree)
        informer = await self.follow(kind)
        try:
            left = await self.client.delete(kind, name_of(tree), namespace_of(tree), propagation=propagation)
        except NotFound:
            informer.forget(tree)
            raise
        if metadata(left).get("deletionTimestamp") and metadata(left).get("finalizers"):
            informer.observe({"apiVersion": tree["apiVersion"], "kind": tree["kind"], **left})
        elif not metadata(left).get("deletionTimestamp"):
            self._gone(informer, tree)

    def _gone(self, informer: Informer, tree: Tree) -> None:
        """Take in that an object is gone, whatever version of it is known."""
        known = informer.cache.get(name_of(tree), namespace_of(tree))
        if known is not None and uid_of(known) == uid_of(tree):
            informer.forget(known)


__all__ = ["MANAGER", "ClusterObjects", "Fingerprint", "identity_of", "object_id"]
