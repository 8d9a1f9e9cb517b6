"""The status of FlowSchemas: `Dangling` says whether the level a schema names is missing.

Written in the background when a schema or level changed. Source: the configuration controller of the reference server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pilothouse.api.patch.apply import apply
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import GROUP, LEVELS, SCHEMAS
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.cluster.apiserver.watchcache.upkeep import Upkeep

MANAGER = "api-priority-and-fairness-config-consumer-v1"
_PREFIXES = tuple(f"/registry/{GROUP}/{plural}/" for plural in (SCHEMAS, LEVELS))


def flow_status(backend: Backend, encode: Callable[[Resource, Obj], bytes]) -> Upkeep:
    """Return the upkeep of the condition; `encode` gives the stored form of an object."""

    resource = backend.scheme.resource(GROUP, "v1", SCHEMAS)
    assert resource is not None

    def stale() -> Iterator[tuple[Item, Obj]]:
        levels = {item.name for item in backend.all_of(GROUP, LEVELS)}
        for item in backend.all_of(GROUP, SCHEMAS):
            found = new_condition(item.object, levels, backend.now())
            if found is not None:
                yield item, with_condition(resource, item.object, found, backend.now())

    async def write(item: Item, obj: Obj) -> Any:
        await backend.write(item.key, item.revision, encode(resource, obj))

    return Upkeep("flow-control-status", backend.cache, _PREFIXES, stale, write)


def with_condition(resource: Resource, schema: Obj, found: Obj, now: str) -> Obj:
    """Return a FlowSchema with the condition, applied as the server's own field manager."""
    head = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": schema["metadata"]["name"]}}
    return apply(
        {**schema, **{key: head[key] for key in ("apiVersion", "kind")}}, {**head, "status": {"conditions": [found]}},
        manager=MANAGER, force=True, now=now, schema=resource.schema, api_version=resource.api_version, subresource="status",
    )  # fmt: skip


def new_condition(schema: Obj, levels: set[str], now: str) -> Obj | None:
    """Return the condition of a FlowSchema as it should be, None when it is so already."""
    name = ((schema.get("spec") or {}).get("priorityLevelConfiguration") or {}).get("name", "")
    wanted = condition(name, is_found=name in levels)
    conditions: list[Obj] = (schema.get("status") or {}).get("conditions") or []
    old = next((found for found in conditions if found.get("type") == "Dangling"), None)
    if old is not None and {key: old.get(key) for key in wanted} == wanted:
        return None
    changed_at = old["lastTransitionTime"] if old and old.get("status") == wanted["status"] else now
    return {**wanted, "lastTransitionTime": changed_at}


def condition(level: str, *, is_found: bool) -> Obj:
    """Return the condition of a schema, without its time."""
    text = f'This FlowSchema references the PriorityLevelConfiguration object named "{level}"'
    if is_found:
        return {"type": "Dangling", "status": "False", "reason": "Found", "message": f"{text} and it exists"}
    return {"type": "Dangling", "status": "True", "reason": "NotFound", "message": f"{text} but there is no such object"}
