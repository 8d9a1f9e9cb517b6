"""`pilothouse app get`."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name, add_output
from pilothouse.delivery.gitops.cli.resources import HEAD, rows_of
from pilothouse.delivery.gitops.cli.showing.listing import destination_of, policy_of, project_of, sources_of
from pilothouse.delivery.gitops.cli.syncing.refresh import refreshed

_NARROW = HEAD.index("GROUP")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    add_output(parser, "wide", "tree", "json", "yaml")
    parser.add_argument("--refresh", action="store_true", help="look at the sources first")
    parser.add_argument("--hard-refresh", action="store_true", help="look at the sources first, and believe nothing that is kept")
    parser.add_argument("--show-operation", action="store_true", help="show what the last sync was asked to do")
    parser.add_argument("--show-params", action="store_true", help="show the parameters of the source")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Show one application."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    if args.refresh or args.hard_refresh:
        app = refreshed(cluster, app, is_hard=args.hard_refresh)
    if args.output in {"json", "yaml"}:
        tables.print_tree(app, args.output)
        return 0
    print_summary(app)
    if args.show_operation:
        _pairs({"Asked for": str(((app.get("status") or {}).get("operationState") or {}).get("operation") or "nothing")})
    if args.show_params:
        _show_parameters(app)
    print()
    if args.output == "tree":
        from pilothouse.delivery.gitops.cli.showing.tree import print_ownership

        print_ownership(cluster, app)
    else:
        tables.print_table(resource_table(app, is_wide=args.output == "wide"))
    return 0


def resource_table(app: Any, *, is_wide: bool = True) -> list[tuple[str, ...]]:
    """Return the table of the resources of an application."""
    table = [HEAD, *(row.cells() for row in rows_of(app))]
    return table if is_wide else [row[_NARROW:] for row in table]


def _pairs(lines: dict[str, str]) -> None:
    for title, text in lines.items():
        print(f"{title + ':':<14}{text}".rstrip())


def print_summary(app: Any) -> None:
    """Print where an application comes from, where it goes, and how it stands."""
    status, spec = app.get("status") or {}, app["spec"]
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    revision = sync.get("revision") or ", ".join(str(each)[:12] for each in sync.get("revisions") or ())
    _pairs({"Name": f"{app['metadata']['namespace']}/{app['metadata']['name']}", "Project": project_of(app)})
    for source in sources_of(app):
        place = source.get("path") or source.get("chart") or ""
        _pairs({"Source": f"{source.get('repoURL')} {place} at {source.get('targetRevision') or 'HEAD'}"})
    namespace = (spec.get("destination") or {}).get("namespace") or "default"
    _pairs({
        "Destination": f"{destination_of(app)} {namespace}",
        "Policy": policy_of(app),
        "Sync": (sync.get("status") or "Unknown") + (f" to {str(revision)[:12]}" if revision else ""),
        "Health": (status.get("health") or {}).get("status") or "Unknown",
        "Operation": f"{operation.get('phase', 'none')}  {operation.get('message', '')}",
    })  # fmt: skip
    for url in (status.get("summary") or {}).get("externalURLs") or ():
        _pairs({"URL": url})
    for condition in status.get("conditions") or ():
        _pairs({condition["type"]: f" {condition['message']}"})


def _show_parameters(app: Any) -> None:
    for source in sources_of(app):
        for each in (source.get("helm") or {}).get("parameters") or ():
            _pairs({"Parameter": f"{each.get('name')}={each.get('value')}"})
        for image in (source.get("kustomize") or {}).get("images") or ():
            _pairs({"Image": image})
