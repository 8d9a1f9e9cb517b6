"""`pilothouse app`: GitOps applications from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.gitops import cli_actions

if TYPE_CHECKING:
    from pilothouse.wire.kubeconfig import ClusterAccess

_ROOT = "/apis/argoproj.io/v1alpha1/namespaces"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the noun `app` with its verbs."""
    app = subparsers.add_parser("app", help="work with GitOps applications")
    verbs = app.add_subparsers(dest="app_verb", required=True)
    shown = verbs.add_parser("list", help="list applications with sync and health")
    shown.add_argument("-A", "--all-namespaces", action="store_true", help="of every namespace")
    for verb, text in (
        ("get", "show one application and its resources"), ("sync", "sync now"), ("refresh", "look at Git now"),
        ("history", "list what was deployed"),
    ):  # fmt: skip
        verbs.add_parser(verb, help=text).add_argument("name")
    verbs.choices["sync"].add_argument("--prune", action="store_true", help="remove what is no longer in Git")
    health = verbs.add_parser("health", help="judge objects given as JSON lines on standard input")
    health.add_argument("--stdin", action="store_true", required=True, help="read the objects from standard input")
    health.add_argument("--health-scripts", metavar="DIR", help="Lua checks laid out as Argo CD's resource_customizations")
    cli_actions.register(verbs)
    for parser in verbs.choices.values():
        parser.add_argument("--kubeconfig", help="kubeconfig file (default: $KUBECONFIG, then the local instance)")
        parser.add_argument("-n", "--namespace", default="argocd", help="namespace of the applications (default: argocd)")
    app.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if args.app_verb == "health":
        return _health(args)
    verbs = {"actions": _actions, "list": _list, "get": _get, "sync": _sync, "refresh": _refresh, "history": _history}
    return verbs[args.app_verb](args, _access(args))


def _access(args: argparse.Namespace) -> ClusterAccess:
    import os
    from pathlib import Path

    from pilothouse.wire import kubeconfig

    data = os.environ.get("PILOTHOUSE_DATA_DIR") or os.path.expanduser("~/.local/share/pilothouse")
    path = args.kubeconfig or os.environ.get("KUBECONFIG") or f"{data}/kubeconfig"
    return kubeconfig.read(Path(path))


def _send(access: ClusterAccess, method: str, path: str, body: Any = None, content_type: str = "") -> Any:
    from pilothouse.kit.errors import NotFound, PilothouseError
    from pilothouse.wire.http.oneshot import exchange

    payload = b"" if body is None else json.dumps(body).encode()
    headers = {"content-type": content_type or "application/merge-patch+json"} if payload else {}
    answer = exchange(access, method, path, body=payload, headers=headers)
    tree = json.loads(answer.read())
    if answer.status == 404:
        raise NotFound(str(tree.get("message")), fix="`pilothouse app list -n NAMESPACE` shows what there is")
    if answer.status >= 400:
        raise PilothouseError(str(tree.get("message")))
    return tree


def _list(args: argparse.Namespace, access: ClusterAccess) -> int:
    path = _ROOT.removesuffix("/namespaces") if args.all_namespaces else f"{_ROOT}/{args.namespace}"
    items = _send(access, "GET", f"{path}/applications").get("items") or []
    print(f"{'NAME':<24}{'SYNC':<12}{'HEALTH':<14}REVISION")
    for item in items:
        status = item.get("status") or {}
        sync, health = status.get("sync") or {}, status.get("health") or {}
        name = item["metadata"]["name"]
        print(f"{name:<24}{sync.get('status', ''):<12}{health.get('status', ''):<14}{str(sync.get('revision', ''))[:12]}")
    return 0


def _get(args: argparse.Namespace, access: ClusterAccess) -> int:
    tree = _send(access, "GET", f"{_ROOT}/{args.namespace}/applications/{args.name}")
    status, source = tree.get("status") or {}, tree["spec"].get("source") or {}
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    lines = {
        "Name": args.name,
        "Repository": f"{source.get('repoURL')} {source.get('path', '')}",
        "Sync": sync.get("status", "Unknown") + (f" to {sync['revision'][:12]}" if sync.get("revision") else ""),
        "Health": (status.get("health") or {}).get("status", "Unknown"),
        "Operation": f"{operation.get('phase', 'none')}  {operation.get('message', '')}".rstrip(),
    }
    for title, text in lines.items():
        print(f"{title + ':':<13}{text}")
    for condition in status.get("conditions") or ():
        print(f"{condition['type'] + ':':<12} {condition['message']}")
    print(f"\n{'KIND':<24}{'NAMESPACE':<14}{'NAME':<28}{'SYNC':<12}{'HEALTH':<13}MESSAGE")
    for entry in status.get("resources") or ():
        health = entry.get("health") or {}
        print(
            f"{entry['kind']:<24}{entry.get('namespace', ''):<14}{entry['name']:<28}{entry['status']:<12}"
            f"{health.get('status', ''):<13}{health.get('message', '')}"
        )
    return 0


def _sync(args: argparse.Namespace, access: ClusterAccess) -> int:
    body = {"operation": {"sync": {"prune": args.prune}, "initiatedBy": {"username": "cli"}}}
    _send(access, "PATCH", f"{_ROOT}/{args.namespace}/applications/{args.name}", body)
    print(f"sync of {args.name} requested")
    return 0


def _refresh(args: argparse.Namespace, access: ClusterAccess) -> int:
    body = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
    _send(access, "PATCH", f"{_ROOT}/{args.namespace}/applications/{args.name}", body)
    print(f"refresh of {args.name} requested")
    return 0


def _history(args: argparse.Namespace, access: ClusterAccess) -> int:
    tree = _send(access, "GET", f"{_ROOT}/{args.namespace}/applications/{args.name}")
    print(f"{'ID':<5}{'DEPLOYED':<22}REVISION")
    for entry in (tree.get("status") or {}).get("history") or ():
        print(f"{entry['id']:<5}{entry['deployedAt']:<22}{entry['revision'][:12]}")
    return 0


def _actions(args: argparse.Namespace, access: ClusterAccess) -> int:
    from functools import partial

    send = partial(_send, access)
    return cli_actions.run(args, send, send("GET", f"{_ROOT}/{args.namespace}/applications/{args.name}"))


def _health(args: argparse.Namespace) -> int:
    from pathlib import Path

    from pilothouse.delivery.gitops.adapters.lines import judge_lines
    from pilothouse.delivery.gitops.adapters.lua.folders import read_folder

    scripts = read_folder(Path(args.health_scripts)) if args.health_scripts else None
    for answer in judge_lines(sys.stdin.buffer, scripts):
        sys.stdout.buffer.write(answer)
    sys.stdout.flush()
    return 0
