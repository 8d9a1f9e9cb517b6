"""The syncs of all Applications: begun when they are due, held while they must wait, carried on, taken up after a restart."""

from __future__ import annotations

import copy
import logging

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery.gitops.adapters.projects import Projects
from pilothouse.delivery.gitops.applications.assessment import Assessment
from pilothouse.delivery.gitops.applications.deletion import is_approved
from pilothouse.delivery.gitops.applications.holds import WINDOW_POLL_S, Holds
from pilothouse.delivery.gitops.applications.operation import Operation, Syncing, restore
from pilothouse.delivery.gitops.applications.requests import choose
from pilothouse.delivery.gitops.applications.store import ApplicationStore
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.delivery.gitops.types.operations import SyncRequest, read_request
from pilothouse.kit.clock import Clock, parse_rfc3339
from pilothouse.sdk.reconcile import Request
from pilothouse.sdk.recorder import Recorder

NEVER_S = 3600.0
logger = logging.getLogger("pilothouse.gitops")


class Syncs:
    """Operations by Application."""

    def __init__(self, clock: Clock, recorder: Recorder, store: ApplicationStore, holds: Holds, projects: Projects) -> None:
        """Carry operations on, unless `holds` says to wait."""
        self._clock, self._recorder, self._store = clock, recorder, store
        self._holds, self._projects = holds, projects
        self._operations: dict[Request, Operation] = {}

    def operation(self, request: Request) -> Operation | None:
        """Return the last operation of an Application."""
        return self._operations.get(request)

    def forget(self, request: Request) -> None:
        """Drop what is kept of an Application."""
        self._operations.pop(request, None)

    def pinned(self, request: Request, app: App, revisions: tuple[str, ...]) -> App | None:
        """Return the Application as a sync to other revisions or sources wants it, None when there is no such sync."""
        self._take_up(request, app)
        operation = self._operations.get(request)
        asked = app.tree.get("operation")
        if operation is not None and operation.is_running:
            wanted, at = operation.request, operation.revisions
        elif asked and "sync" in asked:
            wanted = read_request(app, asked)
            at = wanted.revisions
        else:
            return None
        sync = wanted.raw.get("sync") or {}
        is_other = (at and at != revisions) or sync.get("source") or sync.get("sources")
        return read_app(_pinned(app.tree, sync, at)) if is_other and not wanted.is_automated else None

    async def refuse(self, tree: Tree, reason: str) -> Operation | None:
        """Return the failure of a sync that is asked for and cannot even be looked at, None when nobody asks."""
        asked = tree.get("operation")
        if not asked or "sync" not in asked:
            return None
        now, request = self._clock.now(), Request(namespace_of(tree), name_of(tree))
        username = str((asked.get("initiatedBy") or {}).get("username") or "")
        operation = Operation(SyncRequest(raw=asked, username=username), (), now, "Error", reason, finished_at=now)
        self._operations[request] = operation
        await self._store.take_operation(tree)
        return operation

    def _take_up(self, request: Request, app: App) -> None:
        """Read the operation back that a former process left, and notice when somebody asks for its end."""
        state = app.status.get("operationState") or {}
        known = self._operations.get(request)
        if known is None and state:
            times = {name: _seconds(state.get(name)) for name in ("startedAt", "finishedAt")}
            found = restore(app, times)
            if found is not None:
                self._operations[request] = found
        elif known is not None and known.is_running and state.get("phase") == "Terminating":
            known.phase = "Terminating"

    async def go_on(
        self, request: Request, app: App, current: tuple[str, ...], revisions: tuple[str, ...], assessment: Assessment,
        syncing: Syncing,
    ) -> float:  # fmt: skip
        """Begin or carry on what is due; returns the seconds until that is worth asking again."""
        now = self._clock.now()
        operation = self._operations.get(request)
        if operation is not None and operation.is_running and operation.is_automated and operation.revisions != revisions:
            operation = None
        if operation is None or not operation.is_running:
            last = self._operations.get(request)
            choice = choose(app, revisions, assessment, last, now)
            if choice.request is not None:
                operation = Operation(choice.request, revisions, now, attempt=choice.attempt)
                await self._begin(request, app, operation, is_asked=choice.is_asked)
            elif last is not None and last.is_running:
                operation = last
            else:
                return NEVER_S if choice.again_s is None else choice.again_s
        refusal = self._holds.refusal(app, operation, assessment, current)
        if refusal:
            operation.phase, operation.message, operation.finished_at = "Failed", refusal, now
            return NEVER_S
        return await self._carry_on(app, operation, assessment, syncing, now)

    async def _begin(self, request: Request, app: App, operation: Operation, *, is_asked: bool) -> None:
        self._operations[request] = operation
        shown = ", ".join(revision[:12] for revision in operation.revisions)
        logger.info("syncing %s to %s", app.name, shown)
        self._recorder.normal(app.tree, "OperationStarted", f"Initiated sync to '{shown}'")
        if is_asked:
            await self._store.take_operation(app.tree)

    async def _carry_on(self, app: App, operation: Operation, assessment: Assessment, syncing: Syncing, now: float) -> float:
        if operation.phase == "Running":
            held = self._holds.reason(app, operation, now)
            if held:
                operation.message = held
                return WINDOW_POLL_S if "window" in held else NEVER_S
        is_confirmed = is_approved(app.tree, operation.started_at)
        sync = syncing.sync_of(app, operation, assessment, is_confirmed=is_confirmed)
        sync.permit = lambda tree, is_namespaced: self._projects.refusal(app, tree, is_namespaced)
        await syncing.advance(app, operation, assessment, sync, now)
        if not operation.is_running:
            self._tell(app, operation)
            retry = operation.request.retry
            if operation.phase == "Failed" and (retry.limit < 0 or operation.attempt < retry.limit):
                return retry.wait_s(operation.attempt)
        return NEVER_S

    def _tell(self, app: App, operation: Operation) -> None:
        note = self._recorder.normal if operation.phase == "Succeeded" else self._recorder.warning
        shown = ", ".join(revision[:12] for revision in operation.revisions)
        note(app.tree, "OperationCompleted", f"Sync operation to {shown} {operation.phase.lower()}")
        logger.info("sync of %s to %s: %s", app.name, shown, operation.message)


def _seconds(text: str | None) -> float:
    return parse_rfc3339(text) if text else 0.0


def _pinned(tree: Tree, sync: Tree, revisions: tuple[str, ...]) -> Tree:
    """Return the Application with the sources and revisions of an operation."""
    spec = copy.deepcopy(tree["spec"])
    if sync.get("sources"):
        spec["sources"] = copy.deepcopy(sync["sources"])
    elif sync.get("source"):
        spec["source"] = copy.deepcopy(sync["source"])
    sources = spec.get("sources") or [spec.get("source") or {}]
    for source, revision in zip(sources, revisions, strict=False):
        source["targetRevision"] = revision
    return {**tree, "spec": spec}
