"""Reconciles Applications: look at Git, compare, sync step by step, report."""

from __future__ import annotations

import logging

from pilothouse.api.meta import Tree, annotations_of, is_deleting, name_of, namespace_of
from pilothouse.delivery.gitops import report
from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.assessment import Assessment, assess
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.operation import Operation, advance, plan_operation
from pilothouse.delivery.gitops.types import FINALIZER, GROUP, REFRESH, VERSION, App, is_local, read_app
from pilothouse.kit.errors import NotFound, PilothouseError
from pilothouse.sdk.finalizer import has_finalizer, remove_finalizer
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

APPLICATION = Kind(f"{GROUP}/{VERSION}", "Application", "applications")
logger = logging.getLogger("pilothouse.gitops")


class ApplicationController:
    """One reconciler for all Applications."""

    def __init__(self, manager: Manager, mirrors: GitMirrors, config: GitOpsConfig) -> None:
        """Read Git through `mirrors`."""
        self._manager, self._clock, self._config = manager, manager.clock, config
        self._client = manager.client.named("argocd-controller")
        self._recorder = manager.recorder("argocd-controller")
        self._apps = manager.informer(APPLICATION)
        self._sources = Sources(manager, mirrors, config)
        self._cluster = ClusterObjects(manager, self._object_changed)
        self._controller = manager.controller("application", self.reconcile, workers=4)
        self._controller.watch(self._apps)
        self._operations: dict[Request, Operation] = {}

    def _object_changed(self, app_name: str) -> None:
        for key in self._apps.cache.keys():  # noqa: SIM118 - a Cache is no mapping
            if key.name == app_name:
                self._controller.enqueue(Request(key.namespace, key.name))

    async def reconcile(self, request: Request) -> Result | None:
        """Move one Application a step and report where it stands."""
        tree = self._apps.cache.get(request.name, request.namespace)
        if tree is None:
            self._operations.pop(request, None)
            await self._sources.forget(request.name, request.namespace)
            return None
        if is_deleting(tree):
            return await self._delete(tree)
        try:
            app = read_app(tree)
            rendering = await self._sources.rendering(app, is_refresh=REFRESH in annotations_of(tree))
            revision = rendering.revisions[0]
            targets = await self._cluster.place(app, rendering.objects)
        except PilothouseError as error:
            await self._write(tree, report.failed(tree, error, self._clock.now()))
            return Result(requeue_after_s=self._poll_s(tree))
        return await self._step(request, app, revision, targets)

    async def _step(self, request: Request, app: App, revision: str, targets: list[Tree]) -> Result | None:
        operation = self._operations.get(request)
        if operation is not None and operation.is_running and operation.revision != revision and operation.is_automated:
            operation = None
        assessment = await assess(app, targets, self._cluster)
        if operation is None or not operation.is_running:
            operation = await self._begin(request, app, revision, targets, assessment) or operation
        if operation is not None and operation.is_running:
            await self._advance(app, operation)
            assessment = await assess(app, targets, self._cluster)
        status = report.assessed(app, revision, assessment, operation, self._clock.now(), self._config.history_limit)
        await self._write(app.tree, status)
        return Result(requeue_after_s=self._poll_s(app.tree))

    def _poll_s(self, tree: Tree) -> float:
        """Return the seconds until the repository is looked at again."""
        url = str(((tree.get("spec") or {}).get("source") or {}).get("repoURL", ""))
        return self._config.local_poll_s if is_local(url) else self._config.poll_s

    async def _begin(
        self, request: Request, app: App, revision: str, targets: list[Tree], assessment: Assessment
    ) -> Operation | None:
        """Start an operation when one is asked for or the policy wants one."""
        asked = (app.tree.get("operation") or {}).get("sync")
        last = self._operations.get(request)
        if asked is None and not self._wants_sync(app, revision, assessment, last):
            return None
        prune = bool((asked or {}).get("prune")) or app.policy.prune
        if app.has_option("CreateNamespace=true"):
            await self._cluster.ensure_namespace(app)
        operation = plan_operation(
            app, targets, assessment.surplus, revision, self._clock.now(), is_automated=asked is None, prune=prune
        )
        if last is not None and last.revision == revision and last.phase == "Failed":
            operation.attempt = last.attempt + 1
        self._operations[request] = operation
        logger.info("syncing %s to %s: %d tasks", app.name, revision[:12], len(operation.tasks))
        self._recorder.normal(app.tree, "OperationStarted", f"Initiated sync to '{revision[:12]}'")
        if asked is not None:
            await self._client.patch(APPLICATION, app.name, app.namespace, {"operation": None})
        return operation

    def _wants_sync(self, app: App, revision: str, assessment: Assessment, last: Operation | None) -> bool:
        if not app.policy.is_automated or report.would_remove_everything(app, assessment):
            return False
        actionable = [e for e in assessment.resources if e.status == "OutOfSync" and (app.policy.prune or not e.requires_pruning)]
        synced_before = last.revision if last else report.last_synced(app.tree)
        if not actionable and synced_before == revision:
            return False
        if synced_before != revision:
            return True
        if last is not None and last.phase == "Failed":
            return self._may_retry(app, last)
        return app.policy.self_heal

    def _may_retry(self, app: App, last: Operation) -> bool:
        policy = app.policy
        if last.attempt >= policy.retry.limit:
            return False
        wait_s = policy.retry.wait_s(last.attempt)
        return self._clock.now() - last.finished_at >= wait_s

    async def _advance(self, app: App, operation: Operation) -> None:
        """Carry out steps as long as they lead to another one at once."""
        for _ in range(len(operation.tasks) + 2):
            step = await advance(operation, app, self._cluster, self._clock.now())
            if not operation.is_running:
                note = self._recorder.normal if operation.phase == "Succeeded" else self._recorder.warning
                note(app.tree, "OperationCompleted", f"Sync operation to {operation.revision[:12]} {operation.phase.lower()}")
                logger.info("sync of %s to %s: %s", app.name, operation.revision[:12], operation.message)
                return
            if not step.apply:
                return

    async def _delete(self, tree: Tree) -> Result | None:
        """Remove what belongs to a deleted Application before it goes, if its finalizer asks for that."""
        if not has_finalizer(tree, FINALIZER):
            return None
        try:
            app = read_app(tree)
        except PilothouseError as error:
            logger.warning("Application %s owns nothing that could be named, letting it go: %s", name_of(tree), error)
            await remove_finalizer(self._client, APPLICATION, tree, FINALIZER)
            return None
        left = await self._cluster.tracked(app, (tree.get("status") or {}).get("resources") or [])
        for owned in left:
            if not is_deleting(owned):
                await self._cluster.delete(owned)
        if left:
            return Result(requeue_after_s=0.5)
        await remove_finalizer(self._client, APPLICATION, tree, FINALIZER)
        return None

    async def _write(self, tree: Tree, status: Tree) -> None:
        """Store the status; it is no subresource of this kind, so it is patched alone."""
        patch: list[Tree] = []
        if status != (tree.get("status") or {}):
            patch.append({"op": "add", "path": "/status", "value": status})
        if REFRESH in annotations_of(tree):
            patch.append({"op": "remove", "path": f"/metadata/annotations/{REFRESH.replace('/', '~1')}"})
        if not patch:
            return
        try:
            self._apps.observe(await self._client.patch(APPLICATION, name_of(tree), namespace_of(tree), patch, "json"))
        except NotFound:
            return
