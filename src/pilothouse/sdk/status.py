"""Writing status: through the status subresource, on the freshest object, only when something changed.

These are the traps of hand-written controllers: status written with the spec, overwritten by a concurrent writer, written
again and again unchanged, or without observedGeneration. One function closes them.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiConflict, ApiNotFound
from pilothouse.sdk.kinds import Kind

ATTEMPTS = 6


async def write_status(client: Client, kind: Kind, tree: Tree, compute: Callable[[Tree], Tree]) -> Tree | None:
    """Set `status` to `compute(object)`, again on the freshest object after a conflict.

    `compute` gets the whole object and returns its new status. Nothing is sent when it equals the old one. Returns the stored
    object, or None when the object is gone.
    """
    current = tree
    for attempt in range(ATTEMPTS):
        status = compute(current)
        if status == (current.get("status") or {}):
            return current
        try:
            return await client.replace(kind, {**current, "status": status}, subresource="status")
        except ApiNotFound:
            return None
        except ApiConflict:
            if attempt == ATTEMPTS - 1:
                raise
            try:
                current = await client.get(kind, name_of(tree), namespace_of(tree))
            except ApiNotFound:
                return None
    return None
