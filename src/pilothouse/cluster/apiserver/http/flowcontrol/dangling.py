"""The status of FlowSchemas: `Dangling` says whether the level a schema names is missing.

Written in the background when a schema or level changed. Source: the configuration controller of the reference server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import GROUP, LEVELS, SCHEMAS
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.aio import TaskScope
from pilothouse.store.revisions import Mismatch

_PREFIXES = tuple(f"/registry/{GROUP}/{plural}/" for plural in (SCHEMAS, LEVELS))


class DanglingStatus:
    """Keeps the condition."""

    def __init__(self, backend: Backend, encode: Callable[[Resource, Obj], bytes]) -> None:
        """Follow schemas and levels; nothing is written before `start`. `encode` gives the stored form of an object."""
        self.backend, self._encode = backend, encode
        self._tasks: TaskScope | None = None
        self._is_running = self._is_due = False
        backend.cache.on_change.append(self._on_change)

    def start(self) -> None:
        """Write what is missing, now and after every change."""
        self._tasks = TaskScope("flow-control-status")
        self._begin()

    async def stop(self) -> None:
        """End; safe to call twice."""
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            await tasks.close()

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix in _PREFIXES:
            self._begin()

    def _begin(self) -> None:
        self._is_due = True
        if self._tasks is not None and not self._is_running and self._stale():
            self._is_running = True
            self._tasks.spawn(self._write(), "write")

    def _stale(self) -> list[tuple[Any, Obj]]:
        levels = {item.name for item in self.backend.all_of(GROUP, LEVELS)}
        found = []
        for item in self.backend.all_of(GROUP, SCHEMAS):
            changed = with_condition(item.object, levels, self.backend.now())
            if changed is not None:
                found.append((item, changed))
        return found

    async def _write(self) -> None:
        resource = self.backend.scheme.resource(GROUP, "v1", SCHEMAS)
        assert resource is not None
        try:
            while self._is_due:
                self._is_due = False
                for item, obj in self._stale():
                    try:
                        await self.backend.write(item.key, item.revision, self._encode(resource, obj))
                    except Mismatch:
                        self._is_due = True
        finally:
            self._is_running = False


def with_condition(schema: Obj, levels: set[str], now: str) -> Obj | None:
    """Return a FlowSchema with the condition as it should be, None when it is so already."""
    name = ((schema.get("spec") or {}).get("priorityLevelConfiguration") or {}).get("name", "")
    wanted = condition(name, is_found=name in levels)
    status = schema.get("status") or {}
    conditions: list[Obj] = list(status.get("conditions") or ())
    old = next((found for found in conditions if found.get("type") == "Dangling"), None)
    if old is not None and {key: old.get(key) for key in wanted} == wanted:
        return None
    changed_at = old["lastTransitionTime"] if old and old.get("status") == wanted["status"] else now
    others = [found for found in conditions if found.get("type") != "Dangling"]
    new = {**wanted, "lastTransitionTime": changed_at}
    return {**schema, "status": {**status, "conditions": [*others, new]}}


def condition(level: str, *, is_found: bool) -> Obj:
    """Return the condition of a schema, without its time."""
    text = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}"'
    if is_found:
        return {"type": "Dangling", "status": "False", "reason": "Found", "message": f"{text} and it exists"}
    return {"type": "Dangling", "status": "True", "reason": "NotFound", "message": f"{text} but there is no such object"}
