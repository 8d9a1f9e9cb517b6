"""A sync of one Application: carried on by the engine, stored in `status.operationState`, taken up again after a restart."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, group_of
from pilothouse.delivery.gitops.adapters.cluster import MANAGER, ClusterObjects
from pilothouse.delivery.gitops.adapters.performing import HealthJudge, Performer
from pilothouse.delivery.gitops.applications.assessment import Assessment, Assessor
from pilothouse.delivery.gitops.engine.diff.ignore import with_live_values
from pilothouse.delivery.gitops.engine.sync import Options, Resource, Sync, TaskResult, identity_of, is_hook, step, terminate
from pilothouse.delivery.gitops.engine.sync.generate import select
from pilothouse.delivery.gitops.engine.sync.tasks import hook_tasks
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.operations import SyncRequest, automated_request, read_request
from pilothouse.kit.clock import rfc3339

MAX_STEPS = 200


class Operation(msgspec.Struct):
    """One sync to one set of revisions."""

    request: SyncRequest
    revisions: tuple[str, ...]
    started_at: float
    phase: str = "Running"
    message: str = ""
    results: dict[str, TaskResult] = {}
    attempt: int = 0
    finished_at: float = 0.0
    kinds: dict[str, tuple[str, bool]] = {}
    """By identity the version of an object, and whether it is a hook."""
    is_recorded: bool = False
    """Whether its end is in the history."""

    @property
    def is_running(self) -> bool:
        """Whether there is something left to do."""
        return self.phase in {"Running", "Terminating"}

    @property
    def is_automated(self) -> bool:
        """Whether nobody asked for it."""
        return self.request.is_automated

    def state(self) -> Tree:
        """Return status.operationState."""
        entries = [_entry(key, result, self.kinds) for key, result in self.results.items()]
        revision: Tree = {"revision": self.revisions[0] if self.revisions else ""}
        if len(self.revisions) > 1:
            revision = {"revisions": list(self.revisions)}
        state: Tree = {
            "operation": self.request.raw or {"sync": {}}, "phase": self.phase, "message": self.message,
            "startedAt": rfc3339(self.started_at), "syncResult": {**revision, "resources": entries},
        }  # fmt: skip
        if self.attempt:
            state["retryCount"] = self.attempt
        if self.finished_at:
            state["finishedAt"] = rfc3339(self.finished_at)
        return state


def _entry(key: str, result: TaskResult, kinds: dict[str, tuple[str, bool]]) -> Tree:
    identity, _, phase = key.rpartition(":")
    group, kind, namespace, name = identity.split("/", 3)
    version, is_a_hook = kinds.get(identity, ("", False))
    entry: Tree = {
        "group": group, "version": version, "kind": kind, "namespace": namespace, "name": name, "syncPhase": phase,
        "message": result.message, "status": result.status,
    }  # fmt: skip
    if result.hook_phase:
        entry["hookPhase"] = result.hook_phase
    if is_a_hook:
        entry["hookType"] = phase
    return entry


def restore(app: App, seconds_of: dict[str, float]) -> Operation | None:
    """Return the operation that the status tells of, None when there was none; `seconds_of` are its times."""
    state = app.status.get("operationState")
    if not state:
        return None
    result = state.get("syncResult") or {}
    revisions = tuple(result.get("revisions") or ([result["revision"]] if result.get("revision") else []))
    raw = state.get("operation") or {}
    request = read_request(app, raw) if raw else automated_request(app, revisions)
    operation = Operation(
        request, revisions, seconds_of["startedAt"], str(state.get("phase") or "Running"), str(state.get("message") or ""),
        attempt=int(state.get("retryCount") or 0), finished_at=seconds_of["finishedAt"],
    )  # fmt: skip
    for order, entry in enumerate(result.get("resources") or []):
        key = "/".join(str(entry.get(name) or "") for name in ("group", "kind", "namespace", "name"))
        key = f"{key}:{entry.get('syncPhase') or 'Sync'}"
        operation.results[key] = TaskResult(
            str(entry.get("status") or ""), str(entry.get("hookPhase") or ""), str(entry.get("message") or ""), order + 1
        )
        operation.kinds[key.rpartition(":")[0]] = (str(entry.get("version") or ""), bool(entry.get("hookType")))
    operation.is_recorded = not operation.is_running
    return operation


def options_of(app: App, operation: Operation, *, is_confirmed: bool) -> Options:
    """Return the engine's options from those of the Application and of the request."""
    request = operation.request
    propagation = (request.value_of("PrunePropagationPolicy") or "foreground").capitalize()
    return Options(
        namespace=app.destination_namespace, revision="".join(operation.revisions[:1]), started_at=operation.started_at,
        prune=request.prune, prune_last=request.has("PruneLast=true"), prune_confirmed=is_confirmed,
        default_prune=request.value_of("Prune"), prune_propagation=propagation,
        dry_run=request.dry_run, force=request.force or request.has("Force=true"), replace=request.has("Replace=true"),
        validate=not request.has("Validate=false"), server_side_apply=True, manager=MANAGER,
        migrates_client_side_apply=not request.has("ClientSideApplyMigration=false"),
        apply_out_of_sync_only=request.has("ApplyOutOfSyncOnly=true"), skip_hooks=request.skip_hooks or bool(request.only),
        skip_dry_run_on_missing=request.has("SkipDryRunOnMissingResource=true"),
        creates_namespace=request.has("CreateNamespace=true"), namespace_metadata=app.policy.namespace_metadata,
    )  # fmt: skip


class Syncing:
    """What carries operations on."""

    def __init__(self, cluster: ClusterObjects, assessor: Assessor, judge: HealthJudge) -> None:
        """Work on one cluster."""
        self._cluster, self._assessor, self._judge = cluster, assessor, judge

    async def advance(self, app: App, operation: Operation, assessment: Assessment, sync: Sync, now: float) -> None:
        """Carry out steps as long as they lead to another one at once.

        What was done in vain waits for the watch: a deleted object is seen until that tells of its end.
        """
        before: list[tuple[str, str]] = []
        for _ in range(MAX_STEPS):
            performer = Performer(self._cluster, self._judge, assessment.rehearsed)
            hooks = [task.target for task in hook_tasks(sync) if task.target is not None]
            sync.resources = await self._resources(app, operation, assessment, hooks)
            trees = [tree for pair in sync.resources for tree in (pair.target or pair.live,) if tree is not None]
            operation.kinds |= {identity_of(tree): (_version(tree), is_hook(tree)) for tree in (*trees, *hooks)}
            await performer.drive(terminate(sync) if operation.phase == "Terminating" else step(sync))
            operation.phase, operation.message, operation.results = sync.phase, sync.message, sync.results
            if not operation.is_running:
                operation.finished_at = now
                return
            if not performer.changes or performer.changes == before:
                return
            before = performer.changes

    def sync_of(self, app: App, operation: Operation, assessment: Assessment, *, is_confirmed: bool) -> Sync:
        """Return the engine's view of an operation."""
        hooks = [tree for tree in assessment.targets if is_hook(tree)]
        only = list(operation.request.only)
        modified = {entry.id: entry.status != "Synced" for entry in assessment.resources}
        return Sync(
            [], hooks, options_of(app, operation, is_confirmed=is_confirmed), modified=modified,
            is_selected=lambda tree: select(only, tree, group_of(str(tree["apiVersion"]))), results=operation.results,
        )  # fmt: skip

    async def _resources(self, app: App, operation: Operation, assessment: Assessment, hooks: list[Tree]) -> list[Resource]:
        """Return what is wanted and owned, and the live objects of hooks, those named by the sync itself included."""
        pairs = await self._assessor.pairs(assessment, app)
        if operation.request.has("RespectIgnoreDifferences=true"):
            rules = self._assessor.rules_of(app)
            pairs = [
                Resource(with_live_values(pair.target, pair.live, rules), pair.live) if pair.target and pair.live else pair
                for pair in pairs
            ]
        lives = [await self._cluster.live(hook) for hook in hooks]
        return pairs + [Resource(None, live) for live in lives if live is not None]


def _version(tree: Tree) -> str:
    return str(tree.get("apiVersion", "")).rpartition("/")[2]
