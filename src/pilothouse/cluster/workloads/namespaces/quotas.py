"""Counts what the objects of a namespace use and writes it into the status of its ResourceQuotas.

Admission adds to the used amounts when something is created; what is deleted or ends is only seen here. A count is taken from the
server, not from caches, and stored only if the quota did not change since: a charge that came in between is never lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pilothouse.api.meta import Tree, is_deleting, name_of, namespace_of
from pilothouse.api.quantity.quota import total
from pilothouse.api.quantity.usage import counted_as, is_counted, usage_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.discovery import Discovery
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import EVENT, RESOURCE_QUOTA, Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

RESYNC_S = 60.0
SYNC_TIMEOUT_S = 10.0
SETTLE_S = 1.0
"""After new limits: what was admitted while they were not in force yet is counted by then."""


class QuotaController:
    """Reconciles ResourceQuotas."""

    def __init__(self, manager: Manager) -> None:
        """Watch quotas; objects are followed once a quota counts them."""
        self._manager, self._clock = manager, manager.clock
        self._client = manager.client.named(MANAGER)
        self._discovery = Discovery(self._client)
        self._refreshed_at = float("-inf")
        self._followed: set[Kind] = set()
        self._quotas = manager.informer(RESOURCE_QUOTA)
        self._controller = manager.controller("resourcequota", self.reconcile)
        self._controller.watch(self._quotas, predicate=_limits_changed)

    async def reconcile(self, request: Request) -> Result | None:
        """Count again for one quota; raises Conflict, to be called again, when it changed meanwhile."""
        try:
            quota = await self._client.get(RESOURCE_QUOTA, request.name, request.namespace)
        except NotFound:
            return None
        if is_deleting(quota):
            return None
        kinds = await self._counted(list(quota["spec"].get("hard") or ()))
        for kind in kinds:
            await self._follow(kind)
        quota = await self._client.get(RESOURCE_QUOTA, request.name, request.namespace)
        objects = {(kind.group, kind.plural): await self._client.list(kind, request.namespace) for kind in kinds}
        status = quota.get("status") or {}
        hard = quota["spec"].get("hard") or {}
        used = {**(status.get("used") or {}), **total(quota, objects, self._clock.now())}
        after = {"hard": hard, "used": {name: used[name] for name in hard if name in used}}
        if status == after or not hard:
            return Result(requeue_after_s=RESYNC_S)
        await self._client.replace(RESOURCE_QUOTA, {**quota, "status": after}, subresource="status")
        return Result(requeue_after_s=SETTLE_S if status.get("hard") != hard else RESYNC_S)

    async def _counted(self, names: list[str]) -> list[Kind]:
        found = await self._known(names)
        known = {counted_as(kind.group, kind.plural) for kind in found}
        is_unknown = any(name.startswith("count/") and name not in known for name in names)
        if is_unknown and self._clock.monotonic() - self._refreshed_at >= RESYNC_S:
            self._refreshed_at = self._clock.monotonic()
            await self._discovery.refresh()
            found = await self._known(names)
        return found

    async def _known(self, names: list[str]) -> list[Kind]:
        found: dict[tuple[str, str], Kind] = {}
        for entry in await self._discovery.kinds():
            kind = entry.kind
            if not kind.is_namespaced or not {"list", "watch"} <= entry.verbs or kind.plural == EVENT.plural:
                continue
            if any(is_counted(name, kind.group, kind.plural) for name in names):
                found[kind.group, kind.plural] = kind if entry.is_preferred else found.get((kind.group, kind.plural), kind)
        return list(found.values())

    async def _follow(self, kind: Kind) -> None:
        if kind in self._followed:
            return
        informer = self._manager.informer(kind)
        async with asyncio.timeout(SYNC_TIMEOUT_S):  # a kind may vanish meanwhile; the next call finds that out
            await informer.start()
        if kind not in self._followed:
            self._followed.add(kind)
            informer.add_handler(self._handler(kind))

    def _handler(self, kind: Kind) -> Callable[[Change], None]:
        def handle(change: Change) -> None:
            if change.old is None or not len(self._quotas.cache):
                return
            if change.new is not None and self._usage(kind, change.old) == self._usage(kind, change.new):
                return
            for quota in self._quotas.cache.list(namespace_of(change.tree)):
                self._controller.enqueue(Request(namespace_of(quota), name_of(quota)))

        return handle

    def _usage(self, kind: Kind, tree: Tree) -> dict[str, str]:
        return usage_of(kind.group, kind.plural, tree, self._clock.now())


def _limits_changed(change: Change) -> bool:
    """Predicate: the status a quota has is not that of its limits; what admission charges needs no count."""
    return change.new is not None and (change.new.get("status") or {}).get("hard") != change.new["spec"].get("hard")
