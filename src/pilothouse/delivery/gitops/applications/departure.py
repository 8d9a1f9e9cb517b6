"""The end of an Application, in the order its finalizers ask for: PreDelete hooks, what it owns, PostDelete hooks."""

from __future__ import annotations

import logging

from pilothouse.api.meta import Tree, metadata, name_of
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.applications.conditions import DELETION, conditions
from pilothouse.delivery.gitops.applications.deletion import CASCADES, CLEANUP, HOOK_PHASES, PRE_DELETE, cascade
from pilothouse.delivery.gitops.applications.sites import Site, Sites
from pilothouse.delivery.gitops.applications.store import ApplicationStore
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.reconcile import Result

AGAIN_S = 0.5
logger = logging.getLogger("pilothouse.gitops")


class Departure:
    """Lets deleted Applications go."""

    def __init__(self, clock: Clock, store: ApplicationStore, sources: Sources, sites: Sites) -> None:
        """Remove on the Application's site; hooks are rendered from `sources`."""
        self._clock, self._store, self._sources, self._sites = clock, store, sources, sites

    async def go_on(self, tree: Tree) -> Result | None:
        """Carry a deletion on by a step."""
        present = [name for name in metadata(tree).get("finalizers") or () if name in {*CASCADES, *HOOK_PHASES.values(), CLEANUP}]
        if not present:
            return None
        try:
            app = read_app(tree)
        except PilothouseError as error:
            logger.warning("Application %s owns nothing that could be named, letting it go: %s", name_of(tree), error)
            for name in present:
                tree = await self._store.drop_finalizer(tree, name) or tree
            return None
        waiting, done = await self._stage(app, present)
        if waiting:
            await self._tell(tree, waiting)
            return Result(requeue_after_s=AGAIN_S)
        left = await self._store.drop_finalizer(tree, done)
        return None if left is None else await self.go_on({"apiVersion": tree["apiVersion"], "kind": tree["kind"], **left})

    async def _stage(self, app: App, present: list[str]) -> tuple[str, str]:
        """Return what the first stage that is left waits for, and the finalizer that stands for it."""
        try:
            site = await self._sites.of(app)
        except PilothouseError as error:
            return f"the destination cannot be reached: {error.message}", ""
        if PRE_DELETE in present:
            return await self._hooks(site, app, "PreDelete"), PRE_DELETE
        owning = cascade(app.tree)
        if owning:
            return await site.deletion.remove_owned(app, owning), owning
        if CLEANUP in present:
            return "", CLEANUP
        return await self._hooks(site, app, "PostDelete"), HOOK_PHASES["PostDelete"]

    async def _hooks(self, site: Site, app: App, phase: str) -> str:
        try:
            rendering = await self._sources.rendering(app)
            targets = await site.cluster.place(app, rendering.objects)
            return await site.deletion.run_hooks(app, phase, targets, self._clock.now())
        except PilothouseError as error:
            return f"{phase} hooks cannot run: {error.message}"

    async def _tell(self, tree: Tree, waiting: str) -> None:
        status = dict(tree.get("status") or {})
        status["conditions"] = conditions(status, [(DELETION, waiting)], self._clock.now())
        await self._store.write(tree, status)
