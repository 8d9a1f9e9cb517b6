"""`pilothouse app refresh`: the controller is asked to look at the sources, and answers by taking the question away."""

from __future__ import annotations

import argparse

from pilothouse.delivery.gitops.cli.connection import App, Cluster, now
from pilothouse.delivery.gitops.cli.flags import add_name, seconds
from pilothouse.kit.errors import NotFound, TimedOut

_NOTE = "argocd.argoproj.io/refresh"
TIMEOUT_S = 60.0


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--hard", action="store_true", help="believe nothing that is kept")
    parser.add_argument("--timeout", type=seconds, default=TIMEOUT_S, help="seconds, or 1m30s (default: 60)")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Refresh one application and say how it stands."""
    cluster = Cluster(args)
    status = refreshed(cluster, cluster.application(args.name), is_hard=args.hard, timeout_s=args.timeout).get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    print(f"{args.name} is {sync.get('status') or 'Unknown'} and {health.get('status') or 'Unknown'}")
    for condition in status.get("conditions") or ():
        print(f"{condition['type']}: {condition['message']}")
    return 0


def refreshed(cluster: Cluster, app: App, *, is_hard: bool = False, timeout_s: float = TIMEOUT_S) -> App:
    """Return the application once the controller looked at its sources; raises `TimedOut` when nobody does."""
    meta = app["metadata"]
    cluster.patch(app, {"metadata": {"annotations": {_NOTE: "hard" if is_hard else "normal"}}})
    try:
        for found in cluster.follow(meta["namespace"], meta["name"], now() + timeout_s):
            if found is None:
                raise NotFound(f"{meta['name']} was deleted meanwhile")
            if _NOTE not in (found["metadata"].get("annotations") or {}):
                return found
    except TimedOut:
        pass
    raise TimedOut(
        f"no controller looked at {meta['name']} within {timeout_s:g} s", fix="see whether GitOps runs: `pilothouse status`"
    )
