"""Operations of Applications: asked for with a token by which they are known again, and followed by a watch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from pilothouse.delivery.gitops.cli.connection import App, Cluster, RequestFailed, now
from pilothouse.delivery.gitops.cli.flags import pair
from pilothouse.delivery.gitops.cli.syncing.goals import has_ended, is_busy, is_ours
from pilothouse.delivery.gitops.cli.syncing.progress import Progress
from pilothouse.kit.errors import NotFound, TimedOut

TOKEN = "Request"


class Asked(NamedTuple):
    """An operation that was asked for."""

    namespace: str
    name: str
    token: str


def ask(
    cluster: Cluster, app: App, sync: dict[str, Any], *, retry: dict[str, Any] | None = None, info: list[str] | None = None
) -> Asked:
    """Ask for a sync; raises `RequestFailed` while another one is under way."""
    from getpass import getuser

    from pilothouse.kit.clock import Entropy

    meta = app["metadata"]
    if is_busy(app):
        raise RequestFailed(
            f"another sync of {meta['name']} is under way",
            fix=f"`pilothouse app wait {meta['name']} --operation` waits for it, `app terminate-op` ends it",
        )
    token = Entropy().uuid()
    notes = [dict(zip(("name", "value"), pair(text, "--info"), strict=True)) for text in info or ()]
    operation: dict[str, Any] = {
        "sync": sync, "initiatedBy": {"username": getuser()}, "info": [*notes, {"name": TOKEN, "value": token}],
    }  # fmt: skip
    if retry:
        operation["retry"] = retry
    cluster.patch(app, [{"op": "add", "path": "/operation", "value": operation}], "json")
    return Asked(meta["namespace"], meta["name"], token)


def follow_all(cluster: Cluster, asked: list[Asked], timeout_s: float, takes: Callable[[dict[str, Any]], bool] = bool) -> int:
    """Show how operations come along until all have ended; returns the exit status."""
    deadline = now() + timeout_s if timeout_s else None
    failures = [each.name for each in asked if not _follow(cluster, each, deadline, takes)]
    return 1 if failures else 0


def _follow(cluster: Cluster, asked: Asked, deadline: float | None, takes: Callable[[dict[str, Any]], bool]) -> bool:
    progress, state = Progress(takes), {}
    try:
        for app in cluster.follow(asked.namespace, asked.name, deadline):
            if app is None:
                raise NotFound(f"{asked.name} was deleted during the sync")
            if not is_ours(app, asked.token):
                continue
            progress.show(app, is_syncing=True)
            state = app["status"]["operationState"]
            if has_ended(app):
                break
    except TimedOut as error:
        said = f"{state.get('phase')}: {state.get('message')}" if state else "no controller took it up"
        fix = f"the sync goes on; `pilothouse app terminate-op {asked.name}` ends it"
        raise TimedOut(f"the sync of {asked.name} is not done in time ({said})", fix=fix) from error
    if state.get("phase") == "Succeeded":
        return True
    print(f"error: sync of {asked.name} failed: {state.get('message')}", file=sys.stderr)
    return False
