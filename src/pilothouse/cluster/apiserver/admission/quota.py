"""ResourceQuota: what an object uses is charged to the quotas of its namespace before it is stored.

An allocator, as the charge is a compare-and-swap on the stored quota and is given back when the write fails. Deletions give
nothing back here: the quota controller counts again. Writers of one namespace charge one after the other, as they would only
lose against each other.
"""

from __future__ import annotations

import asyncio
import functools
from weakref import WeakValueDictionary

from pilothouse.api.fields.sets import FieldSet
from pilothouse.api.patch.apply import track_update
from pilothouse.api.quantity.pods import Amounts
from pilothouse.api.quantity.quota import Subject, released, review
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.chain import Undo
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import conflict, refused
from pilothouse.cluster.apiserver.http.respond import dumps_to_keep
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.store.revisions import Mismatch

MAX_ATTEMPTS = 20
_MANAGER = "kube-apiserver"
_RESET = FieldSet.from_fields({"f:spec": {}})
_CHANGING = {"services": ("", "status"), "persistentvolumeclaims": ("", "status"), "pods": ("resize",)}
"""Whose updates are charged, at which subresource; everything else counts once, when it is created."""


class Quotas:
    """Charges the quotas of a namespace."""

    def __init__(self, backend: Backend) -> None:
        """Charge the quotas in the cache."""
        self.backend = backend
        self._cache = backend.cache.resource("/registry/core/resourcequotas/")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def allocate(self, call: Call, obj: Obj, old: Obj | None) -> Undo:
        """Charge an object, or refuse it; a dry run charges nothing."""
        if not self._cache.items or not _is_charged(call, old):
            return []
        if not self._quotas(call.namespace):
            return []
        subject = Subject(call.resource.group, call.resource.plural, obj, old)
        turn = self._turns.setdefault(call.namespace, asyncio.Lock())
        async with turn:
            found = [item for item in self._quotas(call.namespace) if self._decide(call, item, subject) is not None]
            undo: Undo = []
            try:
                for item in found if not call.dry_run else ():
                    undo += await self._charge(call, item.key, subject)
            except BaseException:
                for step in undo:
                    await step()
                raise
        return undo

    def _quotas(self, namespace: str) -> list[Item]:
        return list(self._cache.scan(f"{self._cache.prefix}{namespace}/"))

    def _decide(self, call: Call, item: Item, subject: Subject) -> Amounts | None:
        why, after = review(item.object, subject, self.backend.clock.now())
        if why:
            raise refused(call, dict(subject.obj), why)
        return after

    async def _charge(self, call: Call, key: str, subject: Subject) -> Undo:
        for _ in range(MAX_ATTEMPTS):
            item = self._cache.items.get(key)
            after = self._decide(call, item, subject) if item is not None else None
            if item is None or after is None:
                return []
            before = (item.object.get("status") or {}).get("used") or {}
            try:
                await self._store(item, after)
            except Mismatch:
                continue
            return [functools.partial(self._give_back, key, before, after)]
        why = "the object has been modified; please apply your changes to the latest version and try again"
        raise conflict(self._resource, key.rpartition("/")[2], why)

    async def _give_back(self, key: str, before: Amounts, after: Amounts) -> None:
        for _ in range(MAX_ATTEMPTS):
            item = self._cache.items.get(key)
            if item is None:
                return
            used = (item.object.get("status") or {}).get("used") or {}
            try:
                await self._store(item, released(used, before, after))
            except Mismatch:
                continue
            return

    @property
    def _resource(self) -> Resource:
        found = self.backend.scheme.resource("", "v1", "resourcequotas")
        assert found is not None
        return found

    async def _store(self, item: Item, used: Amounts) -> None:
        resource = self._resource
        new = item.fresh()
        del new["metadata"]["resourceVersion"]
        new["status"]["used"] = used
        new["metadata"]["managedFields"] = track_update(
            item.object, new, manager=_MANAGER, now=self.backend.now(), schema=resource.schema,
            api_version=resource.api_version, subresource="status", reset=_RESET,
        )  # fmt: skip
        await self.backend.write(item.key, item.revision, dumps_to_keep(new))

    async def deleted(self, resource: Resource, obj: Obj, kept: Obj | None = None) -> None:
        """Nothing: the quota controller counts again."""

    async def repair(self) -> None:
        """Nothing: the quota controller counts again."""


def _is_charged(call: Call, old: Obj | None) -> bool:
    resource, sub = call.resource, call.subresource.name if call.subresource else ""
    if not call.namespace or resource.kind == "Event":
        return False
    if old is None:
        return not sub
    return not resource.group and sub in _CHANGING.get(resource.plural, ())
