"""`pilothouse app sets`: ApplicationSets, and what one in a file would generate."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import APPS, Cluster
from pilothouse.delivery.gitops.cli.flags import add_cluster_flags, add_output
from pilothouse.kit.errors import Invalid

Tree = dict[str, Any]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("action", choices=("list", "get", "preview"), help="list them, show one, or print what a file generates")
    parser.add_argument("what", nargs="?", default="", metavar="NAME|FILE", help="the ApplicationSet, or the file (- for stdin)")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="list those of every namespace")
    add_output(parser, "name", "json", "yaml")
    add_cluster_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Do what is asked."""
    if bool(args.what) is (args.action == "list"):
        wanted = {"list": "no name", "get": "the name of an ApplicationSet", "preview": "a file"}[args.action]
        raise Invalid(f"`app sets {args.action}` takes {wanted}", fix="`pilothouse app sets --help` shows how")
    return {"list": _list, "get": _get, "preview": _preview}[args.action](args)


def _list(args: argparse.Namespace) -> int:
    path = f"{APPS}/applicationsets" if args.all_namespaces else f"{APPS}/namespaces/{args.namespace}/applicationsets"
    found = Cluster(args).send("GET", path).get("items") or []
    if args.output in {"json", "yaml"}:
        tables.print_tree(tables.as_list(found), args.output)
    elif args.output == "name":
        for tree in found:
            print(f"{tree['metadata']['namespace']}/{tree['metadata']['name']}")
    else:
        rows = [("NAMESPACE", "NAME", "APPLICATIONS", "GENERATORS", "STATUS")]
        tables.print_table([*rows, *[_row(tree) for tree in found]])
    return 0


def _row(tree: Tree) -> tuple[str, ...]:
    status, meta = tree.get("status") or {}, tree["metadata"]
    generators = [name for generator in tree["spec"].get("generators") or () for name in generator if name != "selector"]
    return meta["namespace"], meta["name"], str(status.get("resourcesCount", 0)), ",".join(generators), _standing(status)


def _standing(status: Tree) -> str:
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    if (conditions.get("ErrorOccurred") or {}).get("status") == "True":
        return str(conditions["ErrorOccurred"]["reason"])
    if (conditions.get("RolloutProgressing") or {}).get("status") == "True":
        return "Progressing"
    return "UpToDate" if conditions else "Unknown"


def _get(args: argparse.Namespace) -> int:
    namespace, _, name = args.what.rpartition("/")
    tree = Cluster(args).send("GET", f"{APPS}/namespaces/{namespace or args.namespace}/applicationsets/{name}")
    if args.output in {"json", "yaml"}:
        tables.print_tree(tree, args.output)
        return 0
    _, shown, count, generators, standing = _row(tree)
    for title, text in {"Name": shown, "Generators": generators, "Applications": count, "Status": standing}.items():
        print(f"{title + ':':<14}{text}")
    status = tree.get("status") or {}
    for condition in status.get("conditions") or ():
        print(f"{condition['type'] + ':':<21} {condition['status']:<6} {condition['message']}")
    steps = {one["application"]: one for one in status.get("applicationStatus") or ()}
    rows = [("APPLICATION", "SYNC", "HEALTH", "STEP", "ROLLOUT")]
    for entry in status.get("resources") or ():
        step = steps.get(entry["name"]) or {}
        health = (entry.get("health") or {}).get("status", "")
        rows.append((entry["name"], entry.get("status", ""), health, step.get("step", ""), step.get("status", "")))
    print()
    tables.print_table(rows)
    return 0


def _preview(args: argparse.Namespace) -> int:
    """Print the Applications as YAML documents; what is wrong goes to standard error, with exit status 1."""
    tree = _read(args.what)
    tree["metadata"] = {"name": "preview", **(tree.get("metadata") or {})}
    tree["metadata"].setdefault("namespace", args.namespace)
    apps, problems = asyncio.run(_generated(tree, Cluster(args)))
    if args.output == "name":
        print("".join(f"{app['metadata']['namespace']}/{app['metadata'].get('name', '')}\n" for app in apps), end="")
    elif args.output == "json":
        tables.print_tree(tables.as_list(apps), "json")
    else:
        for app in apps:
            print("---")
            tables.print_tree(app, "yaml")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


async def _generated(tree: Tree, cluster: Cluster) -> tuple[list[Tree], list[str]]:
    from pilothouse.delivery.gitops.adapters.git import GitMirrors
    from pilothouse.delivery.gitops.applicationsets.assembling import parts, preview
    from pilothouse.delivery.gitops.cli.comparing.bench import cache_dir
    from pilothouse.delivery.gitops.config import GitOpsConfig
    from pilothouse.kit.clock import Entropy, SystemClock
    from pilothouse.kit.metrics import MetricsRegistry
    from pilothouse.sdk.client import Client
    from pilothouse.sdk.manager import Manager
    from pilothouse.wire.http.client import HttpTransport

    client = Client(HttpTransport(cluster.access, "pilothouse-cli"))
    manager = Manager(client, clock=SystemClock(), entropy=Entropy(), metrics=MetricsRegistry())
    try:
        return await preview(tree, parts(manager, GitMirrors(cache_dir(), manager.clock), GitOpsConfig()))
    finally:
        await manager.stop()
        await client.close()


def _read(name: str) -> Tree:
    """Return the ApplicationSet of a file; raises `Invalid`."""
    import yaml

    try:
        if name == "-":
            text = sys.stdin.read()
        else:
            with open(name, encoding="utf-8") as file:
                text = file.read()
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"{name} cannot be read: {error}") from None
    found = [one for one in documents if isinstance(one, dict) and one.get("kind") == "ApplicationSet"]
    if len(found) != 1 or not isinstance(found[0].get("spec"), dict):
        raise Invalid(f"{name} has {len(found)} ApplicationSets with a spec", fix="give a file with exactly one")
    return dict(found[0])
