"""Empties namespaces that are being deleted."""

from __future__ import annotations

from collections import Counter

from pilothouse.api.meta import Tree, is_deleting, metadata
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.namespaces.engine import terminating_status
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.controller import spec_changed
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.kinds import EVENT, NAMESPACE, POD, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result
from pilothouse.sdk.status import write_status

FINALIZER = "kubernetes"


class NamespaceController:
    """Reconciles Namespaces that are being deleted."""

    def __init__(self, manager: Manager) -> None:
        """Watch Namespaces."""
        self._client = manager.client.named(MANAGER)
        self._clock = manager.clock
        self._discovery = Discovery(self._client)
        self._namespaces = manager.informer(NAMESPACE)
        controller = manager.controller("namespace", self.reconcile)
        controller.watch(self._namespaces, predicate=spec_changed)

    async def reconcile(self, request: Request) -> Result | None:
        """Delete the contents, come back until nothing is left, then finalize."""
        namespace = self._namespaces.cache.get(request.name)
        if namespace is None or not is_deleting(namespace) or FINALIZER not in (namespace["spec"].get("finalizers") or ()):
            return None
        await self._discovery.refresh()
        remaining: Counter[str] = Counter()
        finalizers: Counter[str] = Counter()
        failure = ""
        for kind in await self._kinds_in_order():
            if kind is not POD and kind != EVENT and remaining.get("pods."):
                break
            try:
                await self._empty(kind, request.name, remaining, finalizers)
            except PilothouseError as error:
                failure = f"{kind.resource_name}: {error.message}"
        await self._report(namespace, remaining, finalizers, failure)
        if remaining or failure:
            return Result(requeue_after_s=0.25 if not failure else 2.0)
        await self._finalize(namespace)
        return None

    async def _kinds_in_order(self) -> list[Kind]:
        served = await self._discovery.kinds()
        kinds = [entry.kind for entry in served if entry.kind.is_namespaced and {"list", "delete"} <= entry.verbs]
        others = sorted((kind for kind in kinds if kind != POD), key=lambda kind: kind.resource_name)
        seen: set[tuple[str, str]] = set()
        ordered: list[Kind] = []
        for kind in (POD, *others):
            if (kind.group, kind.plural) not in seen:
                seen.add((kind.group, kind.plural))
                ordered.append(kind)
        return ordered

    async def _empty(self, kind: Kind, namespace: str, remaining: Counter[str], finalizers: Counter[str]) -> None:
        try:
            objects = await self._client.list(kind, namespace)
            if not objects:
                return
            if any(not is_deleting(tree) for tree in objects):
                await self._client.delete_collection(kind, namespace)
                objects = await self._client.list(kind, namespace)
        except NotFound:
            return
        if objects:
            remaining[f"{kind.plural}.{kind.group}"] += len(objects)
            for tree in objects:
                finalizers.update(metadata(tree).get("finalizers") or ())

    async def _report(self, namespace: Tree, remaining: Counter[str], finalizers: Counter[str], failure: str) -> None:
        now = self._clock.now()

        def compute(tree: Tree) -> Tree:
            return terminating_status(tree, dict(remaining), dict(finalizers), failure, now)

        await write_status(self._client, NAMESPACE, namespace, compute)

    async def _finalize(self, namespace: Tree) -> None:
        try:
            current = await self._client.get(NAMESPACE, metadata(namespace)["name"])
            left = [name for name in current["spec"].get("finalizers") or () if name != FINALIZER]
            await self._client.replace(NAMESPACE, {**current, "spec": {"finalizers": left}}, subresource="finalize")
        except NotFound:
            return
