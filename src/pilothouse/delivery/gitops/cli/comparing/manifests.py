"""`pilothouse app manifests`: as they are in the sources, or as they are in the cluster."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--source", choices=("git", "live"), default="git", help="where to look (default: git)")
    parser.add_argument("--revision", default="", help="for --source git: at this revision")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Print the manifests as YAML documents; the values of Secrets that are live stay hidden."""
    import yaml

    cluster = Cluster(args)
    app = cluster.application(args.name)
    found = _live(cluster, app) if args.source == "live" else _wanted(cluster, app, args.revision)
    for tree in found:
        sys.stdout.write("---\n" + yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
    return 0


def _live(cluster: Cluster, app: Any) -> list[Any]:
    from pilothouse.delivery.gitops.cli.objects import Objects, check_local
    from pilothouse.delivery.gitops.engine.diff import hide_secret_data
    from pilothouse.delivery.gitops.engine.diff.normal import is_secret

    check_local(app)
    trees = list(Objects(cluster).roots(app).values())
    for tree in trees:
        tree["metadata"].pop("managedFields", None)
    return [hide_secret_data(None, tree).live if is_secret(tree) else tree for tree in trees]


def _wanted(cluster: Cluster, app: Any, revision: str) -> list[Any]:
    from pilothouse.delivery.gitops.cli.comparing.bench import at_revision, bench

    async def render() -> list[Any]:
        async with bench(cluster.access) as at:
            return await at.placed(at_revision(app, revision))

    return asyncio.run(render())
