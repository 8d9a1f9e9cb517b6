"""Removes what a deleted Application owns, with its PreDelete and PostDelete hooks, as its finalizers ask for."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, is_deleting, metadata
from pilothouse.delivery.gitops.adapters.cluster import MANAGER, ClusterObjects
from pilothouse.delivery.gitops.adapters.performing import HealthJudge, Performer
from pilothouse.delivery.gitops.engine.sync import Options, Resource, Sync, TaskResult, has_option, step
from pilothouse.delivery.gitops.engine.sync.objects import hook_types
from pilothouse.delivery.gitops.types import FINALIZER, App
from pilothouse.kit.clock import parse_rfc3339
from pilothouse.kit.errors import NotFound

APPROVED = "argocd.argoproj.io/deletion-approved"
PRE_DELETE, POST_DELETE = "pre-delete-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io"
CLEANUP = f"{POST_DELETE}/cleanup"
CASCADES = (FINALIZER, f"{FINALIZER}/foreground", f"{FINALIZER}/background")
HOOK_PHASES = {"PreDelete": PRE_DELETE, "PostDelete": POST_DELETE}


def cascade(tree: Tree) -> str:
    """Return the finalizer that asks for the removal of what is owned, empty when none does."""
    finalizers = metadata(tree).get("finalizers") or ()
    return next((name for name in CASCADES if name in finalizers), "")


def wanted_finalizers(tree: Tree, targets: list[Tree]) -> list[str]:
    """Return the finalizers that hooks of the deletion need and the Application lacks."""
    present = set(metadata(tree).get("finalizers") or ())
    types = {word for target in targets for word in hook_types(target)}
    return [name for phase, name in HOOK_PHASES.items() if phase in types and name not in present]


def is_approved(tree: Tree, since: str | float) -> bool:
    """Whether somebody approved removals after a moment."""
    stamp = annotations_of(tree).get(APPROVED)
    try:
        moment = parse_rfc3339(since) if isinstance(since, str) else since
        return stamp is not None and parse_rfc3339(stamp) >= int(moment)
    except ValueError:
        return False


class Deletion:
    """Carries deletions on, one step for each call."""

    def __init__(self, cluster: ClusterObjects, judge: HealthJudge) -> None:
        """Work on one cluster."""
        self._cluster, self._judge = cluster, judge
        self._states: dict[tuple[str, str], dict[str, TaskResult]] = {}

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is kept of an Application."""
        for phase in HOOK_PHASES:
            self._states.pop((f"{namespace}/{name}", phase), None)

    async def run_hooks(self, app: App, phase: str, targets: list[Tree], now: float) -> str:
        """Carry the hooks of a phase on; returns what they wait for, or `failed: ...`, empty when they are through."""
        key = (f"{app.namespace}/{app.name}", phase)
        hooks = [tree for tree in targets if phase in hook_types(tree)]
        options = Options(
            namespace=app.destination_namespace, manager=MANAGER, hook_phases=(phase,), started_at=now, server_side_apply=True
        )
        sync = Sync([], hooks, options, results=self._states.setdefault(key, {}))
        for _ in range(len(hooks) + 3):
            lives = [await self._cluster.live(hook) for hook in hooks]
            sync.resources = [Resource(None, live) for live in lives if live is not None]
            performer = Performer(self._cluster, self._judge)
            await performer.drive(step(sync))
            if not sync.is_running or not performer.changes:
                break
        self._states[key] = sync.results
        if sync.phase == "Succeeded":
            return ""
        return sync.message if sync.is_running else f"failed: {sync.message}"

    async def remove_owned(self, app: App, finalizer: str) -> str:
        """Remove what is owned; returns what that waits for, empty when all of it is gone."""
        await self._cluster.know(app.status.get("resources") or [])
        left = [tree for tree in self._cluster.tracked(app) if not has_option(tree, "Delete=false")]
        asking = [tree for tree in left if has_option(tree, "Delete=confirm") and not is_deleting(tree)]
        if asking and not is_approved(app.tree, str(metadata(app.tree)["deletionTimestamp"])):
            return f"waiting for confirmation to delete {asking[0]['kind']}/{asking[0]['metadata']['name']}"
        propagation = "Background" if finalizer.endswith("/background") else "Foreground"
        for tree in left:
            if not is_deleting(tree):
                try:
                    await self._cluster.delete(tree, propagation)
                except NotFound:
                    continue
        return f"waiting for {len(left)} objects to be deleted" if left else ""
