"""`pilothouse app set`: what flags say, in the place of what was there."""

from __future__ import annotations

import argparse

from pilothouse.delivery.gitops.cli.changing.create import literal_values
from pilothouse.delivery.gitops.cli.changing.specification import add_spec_flags, edited
from pilothouse.delivery.gitops.cli.connection import App, Cluster
from pilothouse.delivery.gitops.cli.flags import add_name
from pilothouse.kit.errors import Invalid


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--source-position", type=int, default=0, metavar="N", help="the source that is meant, from 1 on")
    add_spec_flags(parser)
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Change the application."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    store(cluster, app, edited(app["spec"], args, position=args.source_position, values=literal_values(args)))
    return 0


def store(cluster: Cluster, app: App, spec: App) -> None:
    """Write a changed spec, unless somebody changed the application meanwhile; raises `Invalid` when nothing is to be changed."""
    if spec == app["spec"]:
        raise Invalid("this changes nothing", fix=f"`pilothouse app get {app['metadata']['name']} -o yaml` shows what is set")
    cluster.patch(
        app, [{"op": "test", "path": "/spec", "value": app["spec"]}, {"op": "replace", "path": "/spec", "value": spec}], "json"
    )
    print(f"application '{app['metadata']['name']}' changed")
