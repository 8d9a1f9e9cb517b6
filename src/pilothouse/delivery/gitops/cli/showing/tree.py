"""`pilothouse app tree`: from an application down to its Pods, with where traffic goes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name
from pilothouse.delivery.gitops.cli.objects import Objects, check_local, key_of
from pilothouse.delivery.gitops.cli.resources import Key, Row, rows_of

HEAD = ("RESOURCE", "SYNC", "HEALTH", "WAVE", "AGE", "MESSAGE")
Tree = dict[str, Any]


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--all", action="store_true", help="with ReplicaSets of former revisions")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Show the tree."""
    cluster = Cluster(args)
    print_ownership(cluster, cluster.application(args.name), has_former=args.all)
    return 0


def print_ownership(cluster: Cluster, app: Tree, *, has_former: bool = False) -> None:
    """Print what an application owns."""
    from pilothouse.kit.clock import SystemClock

    check_local(app)
    objects = Objects(cluster)
    roots = objects.roots(app)
    owned = objects.owned(roots)
    if not has_former:
        owned = {key: [tree for tree in trees if not _is_former(tree)] for key, trees in owned.items()}
    tables.print_table([HEAD, *rows(app, roots, owned, SystemClock().now())])


def _is_former(tree: Tree) -> bool:
    return bool(tree["kind"] == "ReplicaSet" and tree["spec"].get("replicas") == 0)


def rows(app: Tree, roots: dict[Key, Tree], owned: dict[Key, list[Tree]], now: float) -> list[tuple[str, ...]]:
    """Return the rows below `HEAD`."""
    status = app.get("status") or {}
    sync, health = (str((status.get(part) or {}).get("status") or "Unknown") for part in ("sync", "health"))
    found: list[tuple[str, ...]] = [(f"Application {app['metadata']['name']}", sync, health, "", _age(app, now), "")]
    entries = sorted(rows_of(app), key=lambda row: (int(row.wave), row.kind, row.name))
    pods = [tree for trees in owned.values() for tree in trees if tree["kind"] == "Pod"]
    for number, row in enumerate(entries):
        is_last = number == len(entries) - 1
        live = roots.get(row.key)
        found.append(
            (f"{_branch(is_last)}{row.kind} {row.name}", row.status, _health(row), row.wave, _age(live, now), row.message)
        )
        below = "   " if is_last else "│  "
        found += [(f"{below}→ {text}", "", "", "", "", "") for text in _traffic(live, pods)]
        found += _below(row.key, owned, below, now)
    return found


def _health(row: Row) -> str:
    return f"{row.health} ({row.source})" if row.source else row.health


def _branch(is_last: bool) -> str:
    return "└─ " if is_last else "├─ "


def _below(key: Key, owned: dict[Key, list[Tree]], indent: str, now: float) -> Iterator[tuple[str, ...]]:
    from pilothouse.delivery.gitops.engine.health import health_of

    trees = owned.get(key) or []
    for number, tree in enumerate(trees):
        is_last, verdict = number == len(trees) - 1, health_of(tree)
        label = f"{indent}{_branch(is_last)}{tree['kind']} {tree['metadata']['name']}"
        yield label, "", verdict.status if verdict else "", "", _age(tree, now), verdict.message if verdict else ""
        yield from _below(key_of(tree), owned, indent + ("   " if is_last else "│  "), now)


def _traffic(live: Tree | None, pods: list[Tree]) -> list[str]:
    """Return the Pods a Service sends to, those that are not ready marked."""
    if live is None or live["kind"] != "Service" or not live["spec"].get("selector"):
        return []
    selector, namespace = live["spec"]["selector"], live["metadata"].get("namespace")
    found = [
        pod for pod in pods
        if pod["metadata"].get("namespace") == namespace
        and all((pod["metadata"].get("labels") or {}).get(key) == value for key, value in selector.items())
    ]  # fmt: skip
    return [f"Pod {pod['metadata']['name']}{'' if _is_ready(pod) else ' (not ready)'}" for pod in found]


def _is_ready(pod: Tree) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def _age(tree: Tree | None, now: float) -> str:
    from pilothouse.kit.clock import parse_rfc3339

    if tree is None or not tree["metadata"].get("creationTimestamp"):
        return ""
    seconds = max(0, int(now - parse_rfc3339(tree["metadata"]["creationTimestamp"])))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
