"""Creates, changes and deletes the Applications of an ApplicationSet."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from pilothouse.api.meta import Tree, metadata, name_of, namespace_of
from pilothouse.delivery.gitops.applications.store import APPLICATION
from pilothouse.delivery.gitops.applicationsets.checking import Checks
from pilothouse.delivery.gitops.engine.applicationsets.planning import Plan, merge_patch
from pilothouse.delivery.gitops.types import FINALIZER, GROUP, REFRESH, VERSION, read_app
from pilothouse.kit.aio import run_all
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager

APPLICATION_SET = Kind(f"{GROUP}/{VERSION}", "ApplicationSet", "applicationsets")
MANAGER = "argocd-applicationset-controller"
AT_ONCE = 16
Work = Coroutine[Any, Any, str]


def owner_reference(tree: Tree) -> Tree:
    """Return what makes an ApplicationSet the owner of an Application."""
    return {
        "apiVersion": APPLICATION_SET.api_version, "kind": APPLICATION_SET.kind, "name": name_of(tree),
        "uid": metadata(tree)["uid"], "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip


def controller_of(app: Tree) -> Tree | None:
    """Return the reference to the controlling owner of an Application."""
    return next((one for one in metadata(app).get("ownerReferences") or () if one.get("controller")), None)


def owned(tree: Tree, app: Tree) -> Tree:
    """Return an Application with its ApplicationSet as the owner."""
    others = [one for one in metadata(app).get("ownerReferences") or () if not one.get("controller")]
    if controller_of(app) == owner_reference(tree):
        return app
    return {**app, "metadata": {**metadata(app), "ownerReferences": [*others, owner_reference(tree)]}}


class Writer:
    """Writes Applications."""

    def __init__(self, manager: Manager, apps: Informer, checks: Checks) -> None:
        """Write as the controller; `apps` sees every write at once."""
        self._client, self._apps, self._checks = manager.client.named(MANAGER), apps, checks
        self._recorder = manager.recorder(MANAGER)
        self.writes = 0
        """How many Applications were created, changed or deleted."""

    async def carry_out(self, tree: Tree, plan: Plan) -> str:
        """Do what was planned, and return the first failure; one that fails does not keep the others."""
        tasks: list[Work] = [self._tried(tree, "create", one, self._create(tree, one)) for one in plan.create]
        tasks += [self._tried(tree, "update", live, self._change(live, owned(tree, one))) for live, one in plan.change]
        tasks += [self._tried(tree, "delete", one, self.delete(one)) for one in plan.delete]
        return await _first(tasks)

    async def _tried(self, tree: Tree, verb: str, app: Tree, work: Coroutine[Any, Any, None]) -> str:
        name = name_of(app)
        try:
            await work
        except PilothouseError as error:
            return f"cannot {verb} Application {name}: {error.message}"
        self.writes += 1
        self._recorder.normal(tree, verb + "d", f'{verb}d Application "{name}"')
        return ""

    async def _create(self, tree: Tree, app: Tree) -> None:
        self._apps.observe(await self._client.create(APPLICATION, owned(tree, app)))

    async def _change(self, live: Tree, becomes: Tree) -> None:
        await self.patch(live, merge_patch(live, becomes))

    async def patch(self, live: Tree, patch: Tree) -> None:
        """Change an Application."""
        self._apps.observe(await self._client.patch(APPLICATION, name_of(live), namespace_of(live), patch))

    async def refresh(self, apps: Iterable[Tree]) -> None:
        """Have Applications look at their sources at once."""
        for app in apps:
            await self.patch(app, {"metadata": {"annotations": {REFRESH: "normal"}}})

    async def delete(self, app: Tree) -> None:
        """Delete an Application, without its resources when their cluster is not known any more."""
        name, namespace = name_of(app), namespace_of(app)
        if metadata(app).get("deletionTimestamp"):
            return
        try:
            finalizers = metadata(app).get("finalizers") or []
            if any(one.startswith(FINALIZER) for one in finalizers) and not self._checks.is_reachable(read_app(app)):
                rest = [one for one in finalizers if not one.startswith(FINALIZER)]
                await self._client.patch(APPLICATION, name, namespace, {"metadata": {"finalizers": rest or None}})
            await self._client.delete(
                APPLICATION, name, namespace, propagation="Background", uid=str(metadata(app).get("uid", ""))
            )
        except NotFound:
            self._apps.forget(app)

    async def release(self, app: Tree) -> None:
        """Let an Application live on without its ApplicationSet."""
        others = [one for one in metadata(app).get("ownerReferences") or () if not one.get("controller")]
        await self.patch(app, {"metadata": {"ownerReferences": others or None}})


async def _first(tasks: list[Work]) -> str:
    """Return the first failure of tasks, some of which run at once."""
    failures: list[str] = []
    for at in range(0, len(tasks), AT_ONCE):
        failures += [text for text in await run_all(tasks[at : at + AT_ONCE]) if text]
    return failures[0] if failures else ""
