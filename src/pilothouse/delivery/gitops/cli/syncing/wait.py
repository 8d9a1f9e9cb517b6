"""`pilothouse app wait`: until applications, or some of their resources, are as they should be."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.delivery.gitops.cli.connection import Cluster, now
from pilothouse.delivery.gitops.cli.flags import Pick, add_names, seconds
from pilothouse.delivery.gitops.cli.syncing.goals import Goal, missing
from pilothouse.delivery.gitops.cli.syncing.progress import Progress
from pilothouse.kit.errors import NotFound, TimedOut

_HEALTHS = {"health": "Healthy", "suspended": "Suspended", "degraded": "Degraded"}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--sync", action="store_true", help="until Synced")
    parser.add_argument("--health", action="store_true", help="until Healthy")
    parser.add_argument("--suspended", action="store_true", help="until Suspended, or another health that is asked for")
    parser.add_argument("--degraded", action="store_true", help="until Degraded, or another health that is asked for")
    parser.add_argument("--operation", action="store_true", help="until no sync is under way")
    parser.add_argument("--delete", action="store_true", help="until it is gone")
    parser.add_argument(
        "--resource", action="append", default=[], metavar="GROUP:KIND:NAME", help="only these count (* for any, ! but not)"
    )
    parser.add_argument("--timeout", type=seconds, default=0.0, help="seconds, or 1m30s; 0 waits without end (default)")
    add_names(parser)


def run(args: argparse.Namespace) -> int:
    """Wait for each application in turn, within one deadline."""
    cluster, pick, goal = Cluster(args), Pick(args.resource), goal_of(args)
    deadline = now() + args.timeout if args.timeout else None
    try:
        names = [f"{app['metadata']['namespace']}/{app['metadata']['name']}" for app in cluster.chosen(args.names, args.selector)]
    except NotFound:
        if goal.deletion:
            return 0
        raise
    for name in names:
        _wait(cluster, name, goal, pick, deadline)
    return 0


def goal_of(args: argparse.Namespace) -> Goal:
    """Return what is waited for: without a word about it, that the application is synced, healthy and at rest."""
    if args.delete:
        return Goal(deletion=True)
    healths = tuple(health for flag, health in _HEALTHS.items() if getattr(args, flag))
    if not (args.sync or healths or args.operation):
        return Goal(sync=True, healths=("Healthy",), operation=True)
    return Goal(args.sync, healths, args.operation)


def _wait(cluster: Cluster, name: str, goal: Goal, pick: Pick, deadline: float | None) -> None:
    namespace, _, plain = name.partition("/")
    progress, left = Progress(pick.takes), ["nothing is known of it"]
    try:
        for app in cluster.follow(namespace, plain, deadline):
            if app is None:
                if goal.deletion:
                    return
                raise NotFound(f"{plain} was deleted meanwhile")
            progress.show(app, is_syncing=False)
            left = missing(app, goal, _entries(app, pick) if pick.rules else None)
            if not left:
                return
    except TimedOut as error:
        raise TimedOut(
            f"{plain} is not there in time: {'; '.join(left)}", fix=f"`pilothouse app get {plain}` tells more"
        ) from error


def _entries(app: Any, pick: Pick) -> list[Any]:
    """Return the resources that count; raises `NotFound` when there is none."""
    known = (app.get("status") or {}).get("resources") or []
    found = [entry for entry in known if pick.takes(entry)]
    if known and not found:
        raise NotFound(
            f"{app['metadata']['name']} has no such resource", fix="`pilothouse app resources NAME -o name` lists them"
        )
    return found or [{"kind": "Application", "name": app["metadata"]["name"], "status": "not compared yet"}]
