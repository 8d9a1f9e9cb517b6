"""Which sync an Application gets next: the one asked for, another try of the last one, or what its policy wants. Pure."""

from __future__ import annotations

import msgspec

from pilothouse.delivery.gitops.applications.assessment import Assessment
from pilothouse.delivery.gitops.applications.operation import Operation
from pilothouse.delivery.gitops.types import App
from pilothouse.delivery.gitops.types.operations import SyncRequest, automated_request, read_request

HEAL_BASE_S, HEAL_FACTOR, HEAL_MAX_S = 2.0, 3.0, 300.0
"""After a self-heal the next one waits, longer each time; a calm spell of the longest wait starts over."""


class Choice(msgspec.Struct, frozen=True):
    """What to do about syncing."""

    request: SyncRequest | None = None
    attempt: int = 0
    again_s: float | None = None
    """Seconds until it is worth asking again."""
    is_asked: bool = False


def choose(app: App, revisions: tuple[str, ...], assessment: Assessment, last: Operation | None, now: float) -> Choice:
    """Return the sync to begin now, if any."""
    asked = app.tree.get("operation")
    if asked and "sync" in asked:
        return Choice(read_request(app, asked), is_asked=True)
    if last is not None and last.phase == "Failed" and last.message != "Operation terminated":
        retried = _retry(last, revisions, now)
        if retried is not None:
            return retried
    return _automated(app, revisions, assessment, last, now)


def _retry(last: Operation, revisions: tuple[str, ...], now: float) -> Choice | None:
    retry = last.request.retry
    if 0 <= retry.limit <= last.attempt or (last.is_automated and last.revisions != revisions):
        return None
    due = last.finished_at + retry.wait_s(last.attempt)
    if now < due:
        return Choice(again_s=due - now)
    return Choice(last.request, last.attempt + 1)


def _automated(app: App, revisions: tuple[str, ...], assessment: Assessment, last: Operation | None, now: float) -> Choice:
    changes = [entry for entry in assessment.out_of_sync if app.policy.prune or not entry.requires_pruning]
    if not app.policy.is_automated or not changes or would_remove_everything(app, assessment):
        return Choice()
    request = automated_request(app, revisions)
    if last is None or last.revisions != revisions or last.request.only or last.request.dry_run:
        return Choice(request)
    if last.phase != "Succeeded" or not app.policy.self_heal:
        return Choice()
    return _heal(request, last, now)


def _heal(request: SyncRequest, last: Operation, now: float) -> Choice:
    count = int((last.request.raw.get("sync") or {}).get("autoHealAttemptsCount") or 0)
    calm_s = now - last.finished_at
    if calm_s > HEAL_MAX_S:
        count = 0
    wait_s = min(HEAL_MAX_S, HEAL_BASE_S * HEAL_FACTOR ** (count - 1)) if count else 0.0
    if calm_s < wait_s:
        return Choice(again_s=wait_s - calm_s)
    sync = {**request.raw["sync"], "autoHealAttemptsCount": count + 1}
    return Choice(msgspec.structs.replace(request, raw={**request.raw, "sync": sync}))


def would_remove_everything(app: App, assessment: Assessment) -> bool:
    """Whether syncing without being asked would leave nothing, as an empty folder by mistake does; `allowEmpty` permits it."""
    entries = assessment.resources
    removes = app.policy.is_automated and app.policy.prune and not app.policy.allow_empty
    return removes and bool(entries) and all(entry.requires_pruning for entry in entries)
