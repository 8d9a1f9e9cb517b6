"""`pilothouse app actions`: what the resources of an application offer, and doing it.

Works with the rights of whoever calls it: the live object is read, the action worked out here, and the change sent as a JSON
patch (to the status subresource what belongs there).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_cluster_flags

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.adapters.acting import Actions

Send = Callable[..., Any]
"""(method, path, body, content type) -> JSON of the answer; raises `PilothouseError`."""
_JSON_PATCH = "application/json-patch+json"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("action_verb", choices=("list", "run"), help="list or run")
    parser.add_argument("name", help="the application")
    parser.add_argument("action", nargs="?", default="", help="what to run: restart, pause, scale, ...")
    parser.add_argument("--kind", default="", help="only resources of this kind")
    parser.add_argument("--resource-name", default="", help="only the resource of this name")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the action")
    add_cluster_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    cluster = Cluster(args)
    return _act(args, cluster.send, cluster.application(args.name))


def _act(args: argparse.Namespace, send: Send, app: Any) -> int:
    """Run the verb on the resources of `app`."""
    from pilothouse.delivery.gitops.adapters.acting import Actions
    from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
    from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
    from pilothouse.kit.clock import SystemClock

    clock = SystemClock()
    worker, scripts = LuaWorker(clock), read_customizations(_config(args, send))
    chosen = [
        each
        for each in (app.get("status") or {}).get("resources") or ()
        if args.kind in {"", each.get("kind")} and args.resource_name in {"", each.get("name")}
    ]
    try:
        actions = Actions(worker, clock, lambda: scripts)
        return _list(chosen, send, actions) if args.action_verb == "list" else _run(args, chosen, send, actions)
    finally:
        worker.close()


def _config(args: argparse.Namespace, send: Send) -> dict[str, Any]:
    from pilothouse.kit.errors import NotFound

    try:
        found = send("GET", f"/api/v1/namespaces/{args.namespace}/configmaps/argocd-cm")
    except NotFound:
        return {}
    data: dict[str, Any] = found.get("data") or {}
    return data


def _list(chosen: list[Any], send: Send, actions: Actions) -> int:
    sys.stdout.write(f"{'KIND':<24}{'NAME':<28}{'ACTION':<22}AVAILABLE\n")
    for each in chosen:
        path, _ = _place(each, send)
        for offer in asyncio.run(actions.offered(send("GET", path))):
            state = "no" if offer.is_disabled else "yes"
            sys.stdout.write(f"{each['kind']:<24}{each['name']:<28}{offer.name:<22}{state}\n")
    return 0


def _run(args: argparse.Namespace, chosen: list[Any], send: Send, actions: Actions) -> int:
    from pilothouse.kit.errors import Invalid

    if len(chosen) != 1:
        names = ", ".join(f"{each['kind']}/{each['name']}" for each in chosen) or "none"
        raise Invalid(f"an action runs on one resource, and these match: {names}", fix="use --kind and --resource-name")
    if not args.action:
        raise Invalid("there is no action to run", fix=f"`pilothouse app actions list {args.name}` shows them")
    params = dict(each.partition("=")[::2] for each in args.param)
    path, has_status = _place(chosen[0], send)
    live = send("GET", path)
    for outcome in asyncio.run(actions.perform(live, args.action, params)):
        if outcome.operation == "create":
            meta = send("POST", _collection(outcome.tree, send), outcome.tree, "application/json")["metadata"]
            sys.stdout.write(f"{outcome.tree['kind']} {meta['name']} created\n")
        else:
            _patch(live, outcome.tree, path, send, has_status=has_status)
            sys.stdout.write(f"{chosen[0]['kind']} {chosen[0]['name']}: {args.action} done\n")
    return 0


def _patch(live: Any, wanted: Any, path: str, send: Send, *, has_status: bool) -> None:
    from pilothouse.delivery.gitops.engine.actions import changes_between

    names = ("op", "path", "value")
    steps = [dict(zip(names, change, strict=False)) for change in changes_between(live, wanted)]
    of_status = [step for step in steps if has_status and step["path"].startswith("/status")]
    for where, some in ((path, [step for step in steps if step not in of_status]), (f"{path}/status", of_status)):
        if some:
            send("PATCH", where, some, _JSON_PATCH)


def _place(resource: Any, send: Send) -> tuple[str, bool]:
    """Return the path of a resource, and whether its kind has a status of its own."""
    group, version = resource.get("group") or "", resource.get("version") or "v1"
    tree = {"apiVersion": f"{group}/{version}" if group else version, "kind": resource["kind"]}
    namespace = resource.get("namespace") or ""
    return f"{_collection({**tree, 'metadata': {'namespace': namespace}}, send)}/{resource['name']}", _has_status(tree, send)


def _served(tree: Any, send: Send) -> list[Any]:
    base = f"/apis/{tree['apiVersion']}" if "/" in tree["apiVersion"] else f"/api/{tree['apiVersion']}"
    found: list[Any] = send("GET", base).get("resources") or []
    return [{**each, "base": base} for each in found if each.get("kind") == tree["kind"]]


def _has_status(tree: Any, send: Send) -> bool:
    return any(each["name"].endswith("/status") for each in _served(tree, send))


def _collection(tree: Any, send: Send) -> str:
    """Return the path of all objects of a kind in the object's namespace."""
    from pilothouse.kit.errors import NotFound

    found = next((each for each in _served(tree, send) if "/" not in each["name"]), None)
    if found is None:
        raise NotFound(f"the server does not know {tree['apiVersion']} {tree['kind']}")
    namespace = (tree.get("metadata") or {}).get("namespace")
    inside = f"/namespaces/{namespace}" if found.get("namespaced") and namespace else ""
    return f"{found['base']}{inside}/{found['name']}"
