"""Objects of any kind: looked up, applied and deleted under the field manager `helm`, so that both tools own the same fields.

Called by the actions. Objects of one kind are sent side by side, kinds one after the other in the order given.
"""

from __future__ import annotations

import asyncio
import http
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import orjson

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.charts.release.engine.fieldowners import taken_over
from pilothouse.delivery.charts.release.engine.objects import batches, is_kept, shown
from pilothouse.delivery.charts.release.errors import OperationFailed, ReleaseRefused
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import AlreadyExists, Conflict, Denied, NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.discovery import Discovery, KindNotServed
from pilothouse.sdk.errors import ApiNotFound
from pilothouse.sdk.kinds import NAMESPACE, Kind

T = TypeVar("T")
AT_ONCE = 12
"""Requests under way at one time."""
MANAGER = "helm"
Trees = list[Tree]


class Cluster:
    """The objects of one server, seen from one namespace."""

    def __init__(self, client: Client, namespace: str) -> None:
        """Put objects that name no namespace into `namespace`."""
        self.client = client.named(MANAGER)
        self.namespace = namespace
        self.discovery = Discovery(self.client)
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def kind_of(self, tree: Tree) -> Kind:
        """Return the kind of an object; raises `KindNotServed`."""
        return await self.discovery.find(str(tree["apiVersion"]), str(tree["kind"]))

    async def placed(self, trees: Iterable[Tree], what: str) -> Trees:
        """Return objects with their namespaces; raises ReleaseRefused naming a kind the server does not have."""
        found: Trees = []
        for tree in trees:
            try:
                kind = await self.kind_of(tree)
            except KindNotServed as error:
                place = f'name: "{name_of(tree)}" namespace: "{namespace_of(tree)}" from ""'
                raise ReleaseRefused(
                    f"unable to build kubernetes objects from {what}: resource mapping not found for {place}: "
                    f"{error.message}\nensure CRDs are installed first"
                ) from None
            meta = dict(metadata(tree))
            if kind.is_namespaced:
                meta["namespace"] = meta.get("namespace") or self.namespace
            else:
                meta.pop("namespace", None)
            found.append({**tree, "metadata": meta})
        return found

    async def known(self, trees: Iterable[Tree]) -> Trees:
        """Return the objects whose kind the server still has, with their namespaces."""
        found: Trees = []
        for tree in trees:
            try:
                found += await self.placed([tree], "")
            except ReleaseRefused:
                continue
        return found

    async def get(self, tree: Tree) -> Tree | None:
        """Return the live object, None when it is not there; one that gets its name from the server never is."""
        if not name_of(tree):
            return None  # without a name the path is that of the whole collection
        try:
            return await self.client.get(await self.kind_of(tree), name_of(tree), namespace_of(tree))
        except NotFound:
            return None

    async def get_all(self, trees: Iterable[Tree]) -> list[Tree | None]:
        """Return the live objects, side by side."""
        return await run_all(self._limited(self.get, tree) for tree in trees)

    async def _limited(self, call: Callable[[Tree], Awaitable[T]], tree: Tree) -> T:
        async with self._slots:
            return await call(tree)

    async def apply_all(
        self, trees: Iterable[Tree], *, force: bool = False, dry_run: bool = False, created: Trees | None = None
    ) -> Trees:
        """Apply objects and return what is stored now; those that are new are added to `created`, also when others fail."""

        async def apply(tree: Tree) -> Tree:
            stored, is_new = await self.apply(tree, force=force, dry_run=dry_run)
            if is_new and created is not None:
                created.append(stored)
            return stored

        stored: Trees = []
        for batch in batches(trees):
            stored += await run_all(self._limited(apply, tree) for tree in batch)
        return stored

    async def apply(self, tree: Tree, *, force: bool = False, dry_run: bool = False) -> tuple[Tree, bool]:
        """Apply one object; returns it and whether it is new. Raises OperationFailed for a conflict, in helm's words."""
        kind = await self.kind_of(tree)
        if not name_of(tree):
            return await self.client.create(kind, tree, dry_run=dry_run), True
        query = [("fieldManager", MANAGER), ("force", "true" if force else "false"), ("fieldValidation", "Strict")]
        query += [("dryRun", "All")] if dry_run else []
        path = kind.path(namespace_of(tree), name_of(tree))
        try:
            answer = await self.client.raw(
                "PATCH", path, query=query, body=orjson.dumps(tree), content_type="application/apply-patch+yaml"
            )
        except Conflict as error:
            place = f"{namespace_of(tree)}/{name_of(tree)} {kind.api_version}, Kind={kind.kind}"
            raise OperationFailed(
                f"conflict occurred while applying object {place}: {error.message}",
                fix="--force-conflicts takes the fields over",
            ) from None
        return orjson.loads(await answer.read()), answer.status == http.HTTPStatus.CREATED

    async def take_over(self, live: Iterable[Tree | None]) -> None:
        """Make fields that an older helm wrote by updates its applied fields."""
        changes = [(tree, fields) for tree in live if tree is not None and (fields := taken_over(tree, MANAGER))]

        async def change(tree: Tree, fields: list[Tree]) -> None:
            patch = [
                {"op": "replace", "path": "/metadata/managedFields", "value": fields},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata(tree)["resourceVersion"]},
            ]
            await self.client.patch(await self.kind_of(tree), name_of(tree), namespace_of(tree), patch, "json")

        await run_all(change(tree, fields) for tree, fields in changes)

    async def replace_all(self, trees: Iterable[Tree]) -> Trees:
        """Replace objects as a whole, creating those that are not there."""

        async def replace(tree: Tree) -> Tree:
            kind = await self.kind_of(tree)
            try:
                return await self.client.create(kind, tree)
            except AlreadyExists:
                live = await self.client.get(kind, name_of(tree), namespace_of(tree))
                version = metadata(live)["resourceVersion"]
                return await self.client.replace(kind, {**tree, "metadata": {**metadata(tree), "resourceVersion": version}})

        return await run_all(self._limited(replace, tree) for tree in trees)

    async def delete(self, tree: Tree, propagation: str = "Background") -> bool:
        """Ask for the deletion of an object; False when it is not there, or has no name to delete it by."""
        if not name_of(tree):
            return False  # without a name the path is that of the whole collection
        try:
            await self.client.delete(await self.kind_of(tree), name_of(tree), namespace_of(tree), propagation=propagation)
        except NotFound:
            return False
        return True

    async def prune(self, trees: Iterable[Tree]) -> Trees:
        """Delete objects that left the release, except those whose live object says to keep it; returns what was deleted."""
        trees = list(trees)
        live = await self.get_all(trees)
        gone = [tree for tree in live if tree is not None and not is_kept(tree)]
        for batch in batches(gone):
            await run_all(self._limited(self.delete, tree) for tree in batch)
        return gone

    async def ensure_namespace(self) -> None:
        """Create the namespace."""
        meta = {"name": self.namespace, "labels": {"name": self.namespace}}
        try:
            await self.client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        except AlreadyExists:
            return

    async def has_namespace(self) -> bool:
        """Whether the namespace is there; one that may not be looked at counts as there."""
        try:
            await self.client.get(NAMESPACE, self.namespace)
        except ApiNotFound:
            return False
        except Denied:
            return True
        return True

    async def server_version(self) -> str:
        """Return the server's version, as `v1.36.0`."""
        answer = await self.client.raw("GET", "/version")
        found: dict[str, Any] = orjson.loads(await answer.read())
        return str(found.get("gitVersion") or "v1.0.0")

    async def api_versions(self) -> tuple[str, ...]:
        """Return what `.Capabilities.APIVersions` holds: group versions, and kinds in them."""
        served = await self.discovery.kinds()
        versions = {entry.kind.api_version for entry in served}
        kinds = {f"{entry.kind.api_version}/{entry.kind.kind}" for entry in served}
        return tuple(sorted(versions | kinds))


def named(trees: Iterable[Tree]) -> str:
    """Return the names of objects for a message."""
    return ", ".join(shown(tree) for tree in trees)
