"""`pilothouse app resources`."""

from __future__ import annotations

import argparse

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import Pick, add_name, add_output
from pilothouse.delivery.gitops.cli.resources import HEAD, rows_of


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    add_output(parser, "wide", "name", "json", "yaml")
    parser.add_argument("--resource", action="append", default=[], metavar="GROUP:KIND:NAME", help="only these")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """List the resources of an application."""
    app, pick = Cluster(args).application(args.name), Pick(args.resource)
    if args.output in {"json", "yaml"}:
        tables.print_tree([each for each in (app.get("status") or {}).get("resources") or () if pick.takes(each)], args.output)
        return 0
    rows = rows_of(app, pick.takes)
    if args.output == "name":
        for row in rows:
            print(f"{row.group}:{row.kind}:{row.namespace + '/' if row.namespace else ''}{row.name}")
    else:
        tables.print_table([HEAD, *(row.cells() for row in rows)])
    return 0
