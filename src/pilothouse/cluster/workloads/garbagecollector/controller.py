"""Follows every kind and carries out the verdicts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from pilothouse.api.meta import metadata, uid_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.garbagecollector.engine import OwnerState, judge
from pilothouse.cluster.workloads.garbagecollector.graph import FOREGROUND, ORPHAN, Graph, Node, Owner, node_of
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.finalizer import remove_finalizer
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION, EVENT, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

logger = logging.getLogger("pilothouse.workloads.garbagecollector")
RESYNC_S = 30.0


class GarbageCollector:
    """One graph over all kinds; keys of its queue are uids."""

    def __init__(self, manager: Manager) -> None:
        """Follow what the server serves, now and later."""
        self._manager = manager
        self._client = manager.client.named(MANAGER)
        self._discovery = Discovery(self._client)
        self._graph = Graph()
        self._followed: set[tuple[str, str]] = set()
        self._scope = TaskScope("garbage-collector")
        self._controller = manager.controller("garbagecollector", self.reconcile, workers=8)
        manager.informer(CUSTOM_RESOURCE_DEFINITION).add_handler(lambda _: self._controller.enqueue(Request("", "")))
        manager.add(self)

    async def start(self) -> None:
        """Begin to follow all kinds in the background."""
        self._scope.spawn(self._follow_all(), "discover")

    async def stop(self) -> None:
        """End."""
        await self._scope.close()

    async def _follow_all(self) -> None:
        while True:
            try:
                await self._discovery.refresh()
                for entry in await self._discovery.kinds():
                    if {"list", "watch", "delete"} <= entry.verbs and entry.kind.plural != EVENT.plural:
                        self._follow(entry.kind)
            except PilothouseError as error:
                logger.warning("kinds could not be discovered: %s", error)
            await self._manager.clock.sleep(RESYNC_S)

    def _follow(self, kind: Kind) -> None:
        if (kind.group, kind.plural) in self._followed:
            return
        self._followed.add((kind.group, kind.plural))
        informer = self._manager.informer(kind)
        informer.add_handler(self._handler(kind))
        self._scope.spawn(informer.start(), f"follow-{kind.plural}")

    def _handler(self, kind: Kind) -> Callable[[Change], None]:
        def handle(change: Change) -> None:
            if change.new is None:
                uid = uid_of(change.tree)
                owners = self._graph.nodes[uid].owners if uid in self._graph.nodes else ()
                for dependent in self._graph.remove(uid):
                    self._enqueue(dependent.uid)
                for owner in owners:
                    self._enqueue(owner.uid)
                return
            node = node_of(kind, change.new)
            for unblocked in self._graph.put(node):
                self._enqueue(unblocked)
            if node.owners or node.is_waiting or node.is_orphaning:
                self._enqueue(node.uid)
            if node.is_waiting:
                for dependent in self._graph.dependents(node.uid):
                    self._enqueue(dependent.uid)

        return handle

    def _enqueue(self, uid: str) -> None:
        self._controller.enqueue(Request("", uid))

    async def reconcile(self, request: Request) -> Result | None:
        """Judge one object."""
        if not request.name:
            await self._discovery.refresh()
            for entry in await self._discovery.kinds():
                if {"list", "watch", "delete"} <= entry.verbs and entry.kind.plural != EVENT.plural:
                    self._follow(entry.kind)
            return None
        node = self._graph.nodes.get(request.name)
        if node is None:
            return None
        if node.is_orphaning:
            await self._orphan(node)
        elif node.is_waiting:
            await self._finish_foreground(node)
        elif node.owners and not node.is_deleting:
            await self._judge(node)
        return None

    async def _judge(self, node: Node) -> None:
        states = {owner.uid: await self._state_of(owner, node) for owner in node.owners}
        verdict = judge(node, states, self._graph)
        if verdict.action == "delete":
            logger.info("deleting %s %s: its owners are gone", node.kind.kind, node.key)
            await self._delete(node, verdict.propagation)
        elif verdict.action == "unlink":
            await self._unlink(node, set(verdict.unlink))

    async def _state_of(self, owner: Owner, node: Node) -> OwnerState:
        known = self._graph.nodes.get(owner.uid)
        if known is not None and (not known.kind.is_namespaced or known.key.namespace == node.key.namespace):
            return "waiting" if known.is_waiting else "solid"
        try:
            kind = await self._discovery.find(owner.api_version, owner.kind)
            if kind.is_namespaced and not node.key.namespace:
                return "absent"
            found = await self._client.get(kind, owner.name, node.key.namespace if kind.is_namespaced else "")
        except NotFound:
            return "absent"
        return "solid" if uid_of(found) == owner.uid else "absent"

    async def _delete(self, node: Node, propagation: str) -> None:
        try:
            await self._client.delete(node.kind, node.key.name, node.key.namespace, uid=node.uid, propagation=propagation)
        except NotFound:
            return

    async def _unlink(self, node: Node, uids: set[str]) -> None:
        """Remove owner references on the newest object."""
        try:
            tree = await self._client.get(node.kind, node.key.name, node.key.namespace)
            if uid_of(tree) != node.uid:
                return
            kept = [r for r in metadata(tree).get("ownerReferences") or () if r.get("uid") not in uids]
            patch = {"metadata": {"uid": node.uid, "resourceVersion": metadata(tree)["resourceVersion"], "ownerReferences": kept}}
            await self._client.patch(node.kind, node.key.name, node.key.namespace, patch)
        except NotFound:
            return

    async def _orphan(self, node: Node) -> None:
        for dependent in self._graph.dependents(node.uid):
            await self._unlink(dependent, {node.uid})
        await self._release(node, ORPHAN)

    async def _finish_foreground(self, node: Node) -> None:
        blocking = self._graph.blocking(node.uid)
        for dependent in blocking:
            if not dependent.is_deleting:
                await self._judge(dependent)
        if not blocking:
            await self._release(node, FOREGROUND)

    async def _release(self, node: Node, finalizer: str) -> None:
        try:
            tree = await self._client.get(node.kind, node.key.name, node.key.namespace)
        except NotFound:
            return
        if uid_of(tree) == node.uid:
            await remove_finalizer(self._client, node.kind, tree, finalizer)
