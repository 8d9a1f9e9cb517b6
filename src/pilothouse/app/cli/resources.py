"""`pilothouse api-resources`: the kinds the server knows."""

from __future__ import annotations

import argparse

from pilothouse.app.cli import output
from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import discover


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("api-resources", help="list the kinds the server knows")
    add_flags(parser, namespace=False)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one row per resource."""
    rows = [["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]]
    for resource, named in discover(Api(args)):
        version = named.root.removeprefix("/apis/").removeprefix("/api/")
        short = ",".join(resource.get("shortNames") or ())
        rows.append([named.plural, short, version, str(named.is_namespaced).lower(), named.kind])
    output.print_rows(rows)
    return 0
