"""`pilothouse app delete`: with what it owns, unless `--no-cascade` says otherwise."""

from __future__ import annotations

import argparse
import sys

from pilothouse.delivery.gitops.cli.changing.create import FINALIZER
from pilothouse.delivery.gitops.cli.connection import App, Cluster, now
from pilothouse.delivery.gitops.cli.flags import add_names, seconds
from pilothouse.kit.errors import Invalid, TimedOut

_POLICIES = {"foreground": FINALIZER, "background": f"{FINALIZER}/background"}
_OURS = (FINALIZER, f"{FINALIZER}/foreground", f"{FINALIZER}/background")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument(
        "--cascade", action=argparse.BooleanOptionalAction, default=True, help="delete what it owns too (default)"
    )
    parser.add_argument(
        "-p", "--propagation-policy", choices=("foreground", "background", "orphan"), default="foreground",
        help="how what it owns is deleted; orphan leaves it (default: foreground)",
    )  # fmt: skip
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument("--wait", action="store_true", help="wait until all is gone")
    parser.add_argument(
        "--timeout", type=seconds, default=0.0, help="for --wait: seconds, or 1m30s; 0 waits without end (default)"
    )
    add_names(parser)


def run(args: argparse.Namespace) -> int:
    """Delete the applications."""
    cluster = Cluster(args)
    apps = cluster.chosen(args.names, args.selector)
    keeps = not args.cascade or args.propagation_policy == "orphan"
    if not args.yes and not _agreed([app["metadata"]["name"] for app in apps], keeps=keeps):
        print("nothing was deleted")
        return 0
    for app in apps:
        _delete(cluster, app, "" if keeps else _POLICIES[args.propagation_policy])
        print(f"application '{app['metadata']['name']}' deleted")
    deadline = now() + args.timeout if args.timeout else None
    for app in apps if args.wait else []:
        _until_gone(cluster, app, deadline)
    return 0


def _agreed(names: list[str], *, keeps: bool) -> bool:
    if not sys.stdin.isatty():
        raise Invalid("this is to be confirmed, and nobody is there to ask", fix="add --yes")
    what = "what they own stays" if keeps else "with all they own"
    print(f"Delete {', '.join(names)} ({what})? [y/n] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _delete(cluster: Cluster, app: App, finalizer: str) -> None:
    meta = app["metadata"]
    known = meta.get("finalizers") or []
    kept = [name for name in known if name not in _OURS]
    wanted = [*kept, finalizer] if finalizer and (finalizer in known or not meta.get("deletionTimestamp")) else kept
    if wanted != known:
        test = [{"op": "test", "path": "/metadata/finalizers", "value": known}] if known else []
        cluster.patch(app, [*test, {"op": "add", "path": "/metadata/finalizers", "value": wanted}], "json")
    cluster.send("DELETE", cluster.path(f"{meta['namespace']}/{meta['name']}"), {"kind": "DeleteOptions", "apiVersion": "v1"})


def _until_gone(cluster: Cluster, app: App, deadline: float | None) -> None:
    meta, said = app["metadata"], ""
    try:
        for found in cluster.follow(meta["namespace"], meta["name"], deadline):
            if found is None:
                return
            for condition in (found.get("status") or {}).get("conditions") or ():
                if condition["type"] == "DeletionError" and condition["message"] != said:
                    said = condition["message"]
                    print(said)
    except TimedOut as error:
        raise TimedOut(
            f"{meta['name']} is not gone in time", fix=said or "see whether GitOps runs: `pilothouse status`"
        ) from error
