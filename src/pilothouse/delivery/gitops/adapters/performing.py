"""Carries out the commands of the sync engine on a cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from pilothouse.api.meta import Tree, is_deleting, metadata, name_of
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.engine.health import Health, health_of
from pilothouse.delivery.gitops.engine.sync import HOOK_FINALIZER, Answer, Command, identity_of
from pilothouse.delivery.gitops.engine.sync.commands import (
    Apply,
    Delete,
    Discover,
    Judge,
    MigrateFields,
    Read,
    RemoveFinalizer,
    Steps,
)
from pilothouse.delivery.gitops.engine.sync.migrate import plan_migration
from pilothouse.kit.errors import AlreadyExists, Conflict, Invalid, NotFound, PilothouseError
from pilothouse.sdk.client import Client

T = TypeVar("T")
HealthJudge = Callable[[Tree], Awaitable[Health | None]]
TRIES = 5


class SiteJudge(Protocol):
    """Tells the health of an object that `client` reaches, None when nobody judges its kind."""

    async def __call__(self, tree: Tree, client: Client | None = None, *, is_own: bool = False) -> Health | None:
        """Return the verdict; with `is_own`, that of an Application's own probe alone."""
        ...


async def built_in_judge(tree: Tree, client: Client | None = None, *, is_own: bool = False) -> Health | None:
    """Return the verdict of the built-in rules."""
    return health_of(tree)


class Performer:
    """Answers the commands of one step; remembers whether anything was changed."""

    def __init__(self, cluster: ClusterObjects, judge: HealthJudge, rehearsed: frozenset[str] = frozenset()) -> None:
        """`rehearsed` are the identities whose dry run is known to succeed."""
        self._cluster, self._judge, self._rehearsed = cluster, judge, rehearsed
        self.changes: list[tuple[str, str]] = []
        """What was changed: the verb, and which object."""

    async def drive(self, steps: Steps[T]) -> T:
        """Run the engine to the end of a step."""
        reply: Answer | None = None
        while True:
            try:
                command = next(steps) if reply is None else steps.send(reply)
            except StopIteration as stop:
                found: T = stop.value
                return found
            try:
                reply = Answer(await self._perform(command))
            except PilothouseError as error:
                reply = Answer(error=error)

    async def _perform(self, command: Command) -> Any:
        cluster = self._cluster
        match command:
            case Discover():
                return (await cluster.kind_of({"apiVersion": command.api_version, "kind": command.kind})).is_namespaced
            case Judge():
                return await self._judge(command.tree)
            case Read():
                return await cluster.read(command.tree)
            case Apply():
                return await self._write(command)
            case Delete():
                self.changes.append(("delete", identity_of(command.tree)))
                if HOOK_FINALIZER in (metadata(command.tree).get("finalizers") or ()):
                    await self._release(command.tree)
                await cluster.delete(command.tree, command.propagation)
            case RemoveFinalizer():
                await self._release(command.tree)
            case MigrateFields():
                await self._migrate(command)
        return None

    async def _write(self, command: Apply) -> str:
        target = command.target
        if command.is_dry_run:
            await self._rehearse(target)
            return f"{target['kind'].lower()}/{name_of(target)} unchanged (dry run)"
        self.changes.append((command.command, identity_of(target)))
        label = f"{target['kind'].lower()}/{name_of(target)}"
        if command.is_hook:
            target = {**target, "metadata": {**metadata(target), "finalizers": _with_finalizer(target)}}
        verb = await self._send(command, target)
        return f"{label} {verb}"

    async def _send(self, command: Apply, target: Tree) -> str:
        cluster = self._cluster
        if command.command == "create":
            await cluster.create(target)
            return "created"
        if command.command in {"replace", "update"}:
            await self._replace(target, force=command.force and command.command == "replace")
            return "replaced" if command.command == "replace" else "updated"
        try:
            await cluster.apply(target)
            if target["kind"] == "CustomResourceDefinition":
                await cluster.until_established(target)
        except Invalid:
            if not command.force or command.live is None:
                raise
            await self._recreate(target, command.live)
        return "created" if command.live is None else "configured"

    async def _replace(self, target: Tree, *, force: bool) -> None:
        try:
            await self._cluster.replace(target)
        except (Invalid, NotFound) as error:
            if isinstance(error, Invalid) and not force:
                raise
            await self._recreate(target, target)

    async def _recreate(self, target: Tree, live: Tree) -> None:
        """Remove an object that cannot be changed, and make it anew."""
        try:
            await self._cluster.delete(live, "Background")
        except NotFound:
            pass
        try:
            await self._cluster.create(target)
        except AlreadyExists as error:
            raise Conflict(f"{target['kind']}/{name_of(target)} is still being deleted", fix="sync again") from error

    async def _rehearse(self, target: Tree) -> None:
        """Try an object in a dry run; a namespace that the sync itself makes is no reason to fail."""
        if identity_of(target) in self._rehearsed:
            return
        try:
            await self._cluster.predict(target)
        except NotFound as error:
            if "namespace" not in error.message:
                raise

    async def _release(self, tree: Tree) -> None:
        for _ in range(TRIES):
            finalizers = list(metadata(tree).get("finalizers") or ())
            if HOOK_FINALIZER not in finalizers:
                return
            place = finalizers.index(HOOK_FINALIZER)
            path = f"/metadata/finalizers/{place}"
            try:
                await self._cluster.patch(
                    tree, [{"op": "test", "path": path, "value": HOOK_FINALIZER}, {"op": "remove", "path": path}]
                )
            except NotFound:
                return
            except (Conflict, Invalid):
                tree = await self._cluster.read(tree)
                continue
            if is_deleting(tree):
                self.changes.append(("release", identity_of(tree)))
            return

    async def _migrate(self, command: MigrateFields) -> None:
        tree = command.live
        for attempt in range(TRIES):
            entries = plan_migration(list(metadata(tree).get("managedFields") or ()), command.old_manager, command.new_manager)
            version = {"op": "test", "path": "/metadata/resourceVersion", "value": metadata(tree)["resourceVersion"]}
            try:
                await self._cluster.patch(tree, [version, {"op": "replace", "path": "/metadata/managedFields", "value": entries}])
            except (Conflict, Invalid):
                if attempt == TRIES - 1:
                    raise
                tree = await self._cluster.read(tree)
                continue
            return


def _with_finalizer(tree: Tree) -> list[str]:
    finalizers = list(metadata(tree).get("finalizers") or ())
    return finalizers if HOOK_FINALIZER in finalizers else [*finalizers, HOOK_FINALIZER]
