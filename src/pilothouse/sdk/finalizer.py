"""Finalizers: added before the first outside effect, removed after the last one is undone."""

from __future__ import annotations

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiNotFound
from pilothouse.sdk.kinds import Kind


def has_finalizer(tree: Tree, finalizer: str) -> bool:
    """Whether the object carries `finalizer`."""
    return finalizer in (metadata(tree).get("finalizers") or ())


async def add_finalizer(client: Client, kind: Kind, tree: Tree, finalizer: str) -> Tree:
    """Add `finalizer` if it is missing; raises `ApiConflict` when the object changed meanwhile."""
    if has_finalizer(tree, finalizer):
        return tree
    return await _set(client, kind, tree, [*(metadata(tree).get("finalizers") or ()), finalizer])


async def remove_finalizer(client: Client, kind: Kind, tree: Tree, finalizer: str) -> Tree | None:
    """Remove `finalizer`; returns None when the object is gone; raises `ApiConflict` when it changed meanwhile."""
    if not has_finalizer(tree, finalizer):
        return tree
    try:
        return await _set(client, kind, tree, [name for name in metadata(tree).get("finalizers") or () if name != finalizer])
    except ApiNotFound:
        return None


async def _set(client: Client, kind: Kind, tree: Tree, finalizers: list[str]) -> Tree:
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": metadata(tree).get("resourceVersion")}}
    return await client.patch(kind, name_of(tree), namespace_of(tree), patch)
