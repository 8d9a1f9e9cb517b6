"""`pilothouse delete`: delete objects and wait until they are gone."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pilothouse.app.cli.access import Api, RequestFailed, add_flags
from pilothouse.app.cli.manifests import read_manifests
from pilothouse.app.cli.names import Named, from_manifest, targets
from pilothouse.kit.errors import BadRequest

_PROPAGATION = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("delete", help="delete objects")
    parser.add_argument("words", nargs="*", metavar="TYPE [NAME ...]")
    parser.add_argument("-f", "--filename", action="append", default=[], help="delete what these manifests describe")
    parser.add_argument("-l", "--selector", default="", help="label selector")
    parser.add_argument("--all", action="store_true", help="all objects of the type in the namespace")
    parser.add_argument("--cascade", choices=tuple(_PROPAGATION), default="background", help="what happens to dependents")
    parser.add_argument("--grace-period", type=int, help="seconds until Pods are killed")
    parser.add_argument("--ignore-not-found", action="store_true", help="succeed when it is not there")
    parser.add_argument("--no-wait", action="store_true", help="return before the objects are gone")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delete and wait."""
    api = Api(args)
    for named, namespace, name in _wanted(api, args):
        options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": _PROPAGATION[args.cascade]}
        if args.grace_period is not None:
            options["gracePeriodSeconds"] = args.grace_period
        try:
            answer = api.json("DELETE", named.path(namespace, name), body=options)
        except RequestFailed as error:
            if error.code == 404 and args.ignore_not_found:
                continue
            raise
        print(f'{named.group_name} "{name}" deleted')
        if not args.no_wait and answer.get("kind") != "Status":
            _wait_gone(api, named, namespace, answer)
    return 0


def _wanted(api: Api, args: argparse.Namespace) -> list[tuple[Named, str, str]]:
    found: list[tuple[Named, str, str]] = []
    for manifest in read_manifests(args.filename):
        meta = manifest.get("metadata") or {}
        found.append((from_manifest(api, manifest), str(meta.get("namespace") or api.namespace), str(meta.get("name", ""))))
    for named, name in targets(api, args.words) if args.words else ():
        if name:
            found.append((named, api.namespace, name))
        elif args.selector or args.all:
            query = {"labelSelector": args.selector} if args.selector else {}
            listed = api.json("GET", named.path(api.namespace), query)
            found += [
                (named, item["metadata"].get("namespace", ""), item["metadata"]["name"]) for item in listed.get("items") or ()
            ]
        else:
            raise BadRequest("resource(s) were provided, but no name was specified", fix="add a name, -l SELECTOR or --all")
    if not found and not (args.selector or args.all):
        raise BadRequest("nothing to delete was named", fix="pilothouse delete pod web, or -f FILE")
    return found


def _wait_gone(api: Api, named: Named, namespace: str, tree: dict[str, Any]) -> None:
    """Watch the object until it is deleted or replaced by another of the same name."""
    meta = tree["metadata"]
    query = {
        "watch": "true", "fieldSelector": f"metadata.name={meta['name']}", "resourceVersion": str(meta["resourceVersion"]),
        "timeoutSeconds": "600",
    }  # fmt: skip
    try:
        current = api.json("GET", named.path(namespace, meta["name"]))
    except RequestFailed:
        return
    if current["metadata"].get("uid") != meta.get("uid"):
        return
    for line in api.lines(named.path(namespace), query):
        event = json.loads(line)
        if event["type"] in {"DELETED", "ERROR"}:
            return
