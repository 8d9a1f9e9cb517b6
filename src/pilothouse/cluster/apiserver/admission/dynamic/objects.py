"""What dynamic admission needs to know of objects: their versions, their canonical form, what a subresource shows of them.

The registry implements it; admission is built without knowing the registry.
"""

from __future__ import annotations

from typing import Protocol

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.context import Call, Obj


class Objects(Protocol):
    """What the registry knows of objects: their versions and their canonical form."""

    async def between(self, source: Resource, target: Resource, obj: Obj) -> Obj:
        """Return an object of `source` in the version of `target`."""
        ...

    def defaulted(self, resource: Resource, kind: tuple[str, str, str], tree: Obj) -> Obj:
        """Return a patched tree as the next hook sees it; raises PilothouseError for one that is no object of the kind."""
        ...

    def canonical(self, resource: Resource, tree: Obj) -> Obj:
        """Return the final tree, without what the schema of a custom resource does not have."""
        ...

    def shown(self, call: Call, obj: Obj) -> Obj:
        """Return what admission sees of an object: itself, or its Scale."""
        ...

    def taken(self, call: Call, obj: Obj, shown: Obj) -> Obj:
        """Return the object after admission changed what it was shown."""
        ...


def is_own_kind(asked: Attributes) -> bool:
    """Whether the object of a request is one of the resource itself, not a Scale, an Eviction or the like."""
    return asked.kind[2] == asked.resource.kind


async def seen_as(objects: Objects, asked: Attributes, resource: Resource) -> Attributes:
    """Return the request with its objects in the version a policy or hook asked for."""
    if resource is asked.resource or not is_own_kind(asked):
        return asked
    return Attributes(
        asked.operation, asked.resource, asked.user, asked.subresource, asked.kind, asked.namespace, asked.name,
        None if asked.obj is None else await objects.between(asked.resource, resource, asked.obj),
        None if asked.old is None else await objects.between(asked.resource, resource, asked.old),
        asked.options, asked.dry_run,
    )  # fmt: skip


async def returned(objects: Objects, asked: Attributes, resource: Resource, obj: Obj) -> Obj:
    """Return an object seen as `resource` in the version of the request."""
    if resource is asked.resource or not is_own_kind(asked):
        return obj
    return await objects.between(resource, asked.resource, obj)
