"""What every cluster has: namespaces, the bootstrap policy, system priority classes, the `kubernetes` Service.

Written straight to the store with transactions that only create, all side by side, before the server answers its first request.
"""

from __future__ import annotations

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.registry.codec import stored_bytes, typed
from pilothouse.cluster.apiserver.registry.strategies import prepare_create
from pilothouse.kit.aio import run_all
from pilothouse.store.revisions import Mismatch

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


async def bootstrap(backend: Backend) -> None:
    """Create what is missing."""
    objects: list[tuple[Resource, Obj]] = []
    for name in NAMESPACES:
        objects.append(_entry(backend, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
    missing = [(resource, obj) for resource, obj in objects if _key(backend, resource, obj) is None]
    await run_all([_create(backend, resource, obj) for resource, obj in missing])
    await backend.cache.current()


def _entry(backend: Backend, obj: Obj) -> tuple[Resource, Obj]:
    resource = backend.scheme.kind(obj["apiVersion"], obj["kind"])
    assert resource is not None
    return resource, obj


def _key(backend: Backend, resource: Resource, obj: Obj) -> object:
    meta = obj["metadata"]
    return backend.cached(resource).items.get(resource.key(meta.get("namespace", ""), meta["name"]))


async def _create(backend: Backend, resource: Resource, obj: Obj) -> None:
    result, _ = typed(resource, obj)
    meta = result["metadata"]
    meta["uid"], meta["creationTimestamp"] = backend.entropy.uuid(), backend.now()
    prepare_create(resource, result)
    key = resource.key(meta.get("namespace", ""), meta["name"])
    try:
        await backend.store.txn(key, 0, stored_bytes(resource, result))
    except Mismatch:
        return
