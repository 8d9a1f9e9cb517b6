"""`pilothouse app list`."""

from __future__ import annotations

import argparse
from typing import Any

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_cluster_flags, add_output


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="of every namespace")
    parser.add_argument("-l", "--selector", default="", help="only applications whose labels match")
    parser.add_argument("-p", "--project", action="append", default=[], help="only applications of this project")
    parser.add_argument("-r", "--repo", default="", help="only applications of this repository")
    add_output(parser, "wide", "name", "json", "yaml")
    add_cluster_flags(parser)


def run(args: argparse.Namespace) -> int:
    """List applications."""
    found = Cluster(args).applications(args.selector, everywhere=args.all_namespaces)
    apps = [app for app in found if _is_wanted(app, args.project, args.repo)]
    if args.output in {"json", "yaml"}:
        tables.print_tree(apps, args.output)
    elif args.output == "name":
        for app in apps:
            print(f"{app['metadata']['namespace']}/{app['metadata']['name']}")
    else:
        tables.print_table(rows(apps, is_wide=args.output == "wide", has_namespace=args.all_namespaces))
    return 0


def _is_wanted(app: Any, projects: list[str], repository: str) -> bool:
    urls = {source.get("repoURL") for source in sources_of(app)}
    return (not projects or project_of(app) in projects) and (not repository or repository in urls)


def project_of(app: Any) -> str:
    """Return the project of an application."""
    return str(app["spec"].get("project") or "default")


def sources_of(app: Any) -> list[Any]:
    """Return the sources of an application."""
    spec = app["spec"]
    return list(spec.get("sources") or [spec.get("source") or {}])


def destination_of(app: Any) -> str:
    """Return the destination as one word."""
    destination = app["spec"].get("destination") or {}
    return str(destination.get("name") or destination.get("server") or "")


def policy_of(app: Any) -> str:
    """Return the sync policy in a few words."""
    automated = (app["spec"].get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False:
        return "Manual"
    extra = [word for key, word in (("prune", "Prune"), ("selfHeal", "SelfHeal")) if automated.get(key)]
    return "-".join(["Auto", *extra])


def rows(apps: list[Any], *, is_wide: bool, has_namespace: bool) -> list[list[str]]:
    """Return the table of applications."""
    head = ["NAME", "SYNC", "HEALTH", "REVISION"]
    wide = ["CLUSTER", "NAMESPACE", "PROJECT", "POLICY", "CONDITIONS", "REPO", "PATH", "TARGET"] if is_wide else []
    table = [[*(["APPLICATIONS IN"] if has_namespace else []), *head, *wide]]
    for app in apps:
        status = app.get("status") or {}
        sync, health = status.get("sync") or {}, status.get("health") or {}
        revision = str(sync.get("revision") or ",".join(str(each)[:8] for each in sync.get("revisions") or ()))
        cells = [app["metadata"]["name"], sync.get("status") or "Unknown", health.get("status") or "Unknown", revision[:12]]
        first = [app["metadata"]["namespace"]] if has_namespace else []
        table.append([*first, *cells, *(_wide(app) if is_wide else [])])
    return table


def _wide(app: Any) -> list[str]:
    source = sources_of(app)[0]
    conditions = ",".join(each["type"] for each in (app.get("status") or {}).get("conditions") or ()) or "<none>"
    return [
        destination_of(app), str((app["spec"].get("destination") or {}).get("namespace") or ""), project_of(app), policy_of(app),
        conditions, str(source.get("repoURL") or ""), str(source.get("path") or source.get("chart") or ""),
        str(source.get("targetRevision") or "HEAD"),
    ]  # fmt: skip
