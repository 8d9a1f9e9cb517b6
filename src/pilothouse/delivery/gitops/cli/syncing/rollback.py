"""`pilothouse app rollback`: a sync to what the history holds, sources and revisions alike."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.delivery.gitops.cli.connection import App, Cluster
from pilothouse.delivery.gitops.cli.flags import add_name, seconds
from pilothouse.delivery.gitops.cli.syncing.operations import ask, follow_all
from pilothouse.kit.errors import Invalid, NotFound


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--prune", action="store_true", help="remove what was not there then")
    parser.add_argument("--timeout", type=seconds, default=0.0, help="seconds, or 1m30s; 0 waits without end (default)")
    add_name(parser)
    parser.add_argument(
        "id", nargs="?", type=int, default=None, metavar="ID", help="number of the history (default: the one before)"
    )


def run(args: argparse.Namespace) -> int:
    """Go back, and wait for the end."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    return follow_all(cluster, [ask(cluster, app, plan(app, args.id, prune=args.prune))], args.timeout)


def plan(app: App, number: int | None, *, prune: bool) -> dict[str, Any]:
    """Return the `sync` that goes back to an entry of the history; raises when there is none or it would not last."""
    name, policy = app["metadata"]["name"], app["spec"].get("syncPolicy") or {}
    automated = policy.get("automated")
    if automated is not None and automated.get("enabled") is not False:
        raise Invalid(
            f"{name} is synced automatically, which would undo it", fix=f"`pilothouse app set {name} --sync-policy none` first"
        )
    history = (app.get("status") or {}).get("history") or []
    known = {int(entry["id"]): entry for entry in history}
    if number is None:
        if len(history) < 2:
            raise NotFound(
                f"{name} was deployed {len(history)} times: there is nothing before", fix=f"`pilothouse app history {name}`"
            )
        number = int(history[-2]["id"])
    if number not in known:
        there = ", ".join(map(str, known)) or "nothing"
        raise NotFound(f"the history of {name} has no {number}", fix=f"there is {there}: `pilothouse app history {name}`")
    entry = known[number]
    wanted = {key: entry[key] for key in ("revision", "revisions", "source", "sources") if entry.get(key)}
    return {**wanted, "prune": prune, "syncOptions": policy.get("syncOptions") or [], "syncStrategy": {"apply": {}}}
