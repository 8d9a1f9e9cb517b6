"""Follows CustomResourceDefinitions: accepts names, sets conditions, extends the scheme, cleans up on delete.

A definition that is deleted first refuses new objects, then deletes those it has, and goes when the last of them is gone: objects
with finalizers keep it, as they keep a namespace.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from pilothouse.api.patch.apply import track_update
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.crds.names import accepted_names, begin_deletion, conditions_of, is_established
from pilothouse.cluster.apiserver.crds.resources import resources_of
from pilothouse.cluster.apiserver.http.respond import dumps_to_keep
from pilothouse.cluster.apiserver.registry.codec import stored_bytes
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.aio import TaskScope
from pilothouse.store.revisions import Mismatch

logger = logging.getLogger("pilothouse.apiserver.crds")
GROUP, PLURAL = "apiextensions.k8s.io", "customresourcedefinitions"
SETTLE_S = 0.003
"""Definitions that arrive together settle together: a bundle of CRDs costs each name check once."""
SETTLED_TIMEOUT_S = 1.0
CLEANUP_DELAY_S = 0.1
"""Between refusing new objects and deleting those there are: a create that was let in before is stored by then."""
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
MANAGER = "kube-apiserver"


class CustomResources:
    """The controller of definitions."""

    def __init__(self, backend: Backend) -> None:
        """Nothing is followed before `start`."""
        self.backend = backend
        self.prefix = f"/registry/{GROUP}/{PLURAL}/"
        self.served: dict[str, list[Resource]] = {}
        self.generation = 0
        self._terminating: dict[str, str] = {}
        """Store prefix of the objects -> name of a definition that waits for them to go."""
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        backend.settled = self.settled
        self._scope = TaskScope("crds")

    async def start(self) -> None:
        """Serve what is stored and follow changes."""
        for item in self.backend.all_of(GROUP, PLURAL):
            self._serve(item.name, item)
            self._queue.put_nowait(item.name)
        self.backend.cache.on_change.append(self._on_change)
        self._scope.spawn(self._work(), "conditions")

    async def stop(self) -> None:
        """Stop following."""
        await self._scope.close()

    async def settled(self, name: str) -> None:
        """Wait until a new definition was looked at, so that its objects can be written as soon as its create is answered.

        Whoever creates a definition and an object of it in one go, as manifests do, never meets a path that is not there yet.
        """
        item = self.backend.find(GROUP, PLURAL, "", name)
        if item is None or item.object["status"].get("conditions"):
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, []).append(done)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_TIMEOUT_S):
                await done

    def _on_change(self, prefix: str, change: Change) -> None:
        _, new, previous = change
        if prefix != self.prefix:
            if new is None and prefix in self._terminating:
                self._queue.put_nowait(self._terminating[prefix])
            return
        item = new or previous
        assert item is not None
        self._serve(item.name, new)
        self._queue.put_nowait(item.name)

    def _serve(self, name: str, item: Item | None) -> None:
        """Make the scheme serve exactly what the definition says."""
        wanted = [] if item is None or not is_established(item.object) else resources_of(self.backend.scheme, item.object)
        before = self.served.pop(name, [])
        keep = {(resource.group, resource.version, resource.plural) for resource in wanted}
        for resource in before:
            if (resource.group, resource.version, resource.plural) not in keep:
                self.backend.scheme.remove(resource)
        for resource in wanted:
            self.backend.scheme.add(resource)
        if wanted:
            self.served[name] = wanted
        self.generation += 1

    async def _work(self) -> None:
        while True:
            name = await self._queue.get()
            await self.backend.clock.sleep(SETTLE_S)
            for _ in range(5):
                try:
                    await self._reconcile(name)
                    break
                except Mismatch:
                    await self.backend.cache.current()
            for waiting in self._waiting.pop(name, ()):
                if not waiting.done():
                    waiting.set_result(None)

    async def _reconcile(self, name: str) -> None:
        item = self.backend.find(GROUP, PLURAL, "", name)
        if item is None:
            self._terminating = {prefix: waiting for prefix, waiting in self._terminating.items() if waiting != name}
            self._retry_conflicting()
            return
        crd = item.fresh()
        if crd["metadata"].get("deletionTimestamp"):
            await self._clean_up(item, crd)
            return
        self._settle(crd)
        self._own(item.object, crd)
        raw = stored_bytes(self._resource(), crd)
        if raw != item.raw:
            await self.backend.write(item.key, item.revision, raw)

    def _settle(self, crd: Obj) -> None:
        others = [other.object for other in self.backend.all_of(GROUP, PLURAL) if other.name != crd["metadata"]["name"]]
        status = crd.setdefault("status", {})
        names, problem = accepted_names(crd, others, self.backend.scheme)
        status["acceptedNames"] = names
        status["conditions"] = conditions_of(status.get("conditions") or [], crd, problem, self.backend.now())
        for version in crd["spec"].get("versions") or ():
            if version.get("storage") and version["name"] not in (status.get("storedVersions") or ()):
                status["storedVersions"] = [*(status.get("storedVersions") or ()), version["name"]]

    def _own(self, old: Obj, crd: Obj) -> None:
        """Record that the server wrote the status."""
        resource = self._resource()
        entries = track_update(
            old, crd, manager=MANAGER, now=self.backend.now(), schema=resource.schema, api_version=resource.api_version,
            subresource="status",
        )  # fmt: skip
        if entries and crd != old:
            crd["metadata"]["managedFields"] = entries

    def _retry_conflicting(self) -> None:
        for item in self.backend.all_of(GROUP, PLURAL):
            if not is_established(item.object):
                self._queue.put_nowait(item.name)

    async def _clean_up(self, item: Item, crd: Obj) -> None:
        finalizers = crd["metadata"].get("finalizers") or []
        if FINALIZER not in finalizers:
            return
        spec = crd["spec"]
        prefix = f"/registry/{spec['group']}/{spec['names']['plural']}/"
        if prefix not in self._terminating:
            self._terminating[prefix] = item.name
            self._scope.spawn(self._later(item.name), "cleanup")
            if begin_deletion(crd, self.backend.now()):
                self._own(item.object, crd)
                await self._write(item, crd)
            return
        if not await self._remove_all(item.name, spec["group"], spec["names"]["plural"]):
            return
        del self._terminating[prefix]
        crd["metadata"]["finalizers"] = [name for name in finalizers if name != FINALIZER]
        await self._write(item, crd if crd["metadata"]["finalizers"] else None)

    async def _later(self, name: str) -> None:
        await self.backend.clock.sleep(CLEANUP_DELAY_S)
        self._queue.put_nowait(name)

    async def _write(self, item: Item, crd: Obj | None) -> None:
        await self.backend.write(item.key, item.revision, None if crd is None else stored_bytes(self._resource(), crd))

    async def _remove_all(self, definition: str, group: str, plural: str) -> bool:
        """Delete the objects of a definition that goes; whether none is left."""
        is_empty = True
        for item in self.backend.all_of(group, plural):
            try:
                is_empty = await self._remove(item) and is_empty
            except Mismatch:
                logger.info("custom object %s changed while its definition was deleted", item.key)
                self._scope.spawn(self._later(definition), "cleanup")
                is_empty = False
        return is_empty

    async def _remove(self, item: Item) -> bool:
        """Delete an object of a definition that goes; False while finalizers keep it."""
        tree = item.fresh()
        meta = tree["metadata"]
        if not meta.get("finalizers"):
            raw = None
        elif meta.get("deletionTimestamp"):
            return False
        else:
            meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = self.backend.now(), 0
            meta["generation"] = meta.get("generation", 0) + 1
            del meta["resourceVersion"]
            raw = dumps_to_keep(tree)
        await self.backend.write(item.key, item.revision, raw)
        return raw is None

    def _resource(self) -> Resource:
        found = self.backend.scheme.resource(GROUP, "v1", PLURAL)
        assert found is not None
        return found
