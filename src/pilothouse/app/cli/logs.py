"""`pilothouse logs`: the output of a container."""

from __future__ import annotations

import argparse
import sys

from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import targets
from pilothouse.kit.errors import NotFound


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("logs", help="print the log of a container")
    parser.add_argument("pod", help="Pod name, or TYPE/NAME of something that selects Pods")
    parser.add_argument("-c", "--container", default="", help="container (default: the only or first one)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on as output comes")
    parser.add_argument("-p", "--previous", action="store_true", help="of the previous run of the container")
    parser.add_argument("--tail", type=int, help="only the last lines")
    parser.add_argument("--since", type=int, metavar="SECONDS", help="only newer output")
    parser.add_argument("--timestamps", action="store_true", help="begin each line with its time")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy the log to standard output."""
    api = Api(args)
    flags = {"follow": args.follow, "previous": args.previous, "timestamps": args.timestamps}
    query = {name: "true" for name, is_set in flags.items() if is_set}
    options = {"container": args.container, "tailLines": args.tail, "sinceSeconds": args.since}
    query |= {name: str(value) for name, value in options.items() if value not in {None, ""}}
    path = f"/api/v1/namespaces/{api.namespace}/pods/{_pod(api, args.pod)}/log"
    for chunk in api.send("GET", path, query, accept="*/*", timeout_s=None).chunks():
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    return 0


def _pod(api: Api, word: str) -> str:
    """Return the Pod meant: itself, or the first one that the named object selects."""
    kind, slash, name = word.partition("/")
    if not slash:
        return word
    if kind in {"po", "pod", "pods"}:
        return name
    named, _ = targets(api, [word])[0]
    spec = api.json("GET", named.path(api.namespace, name))["spec"]
    selector = spec.get("selector") or {}
    labels = selector.get("matchLabels", selector)
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = api.json("GET", f"/api/v1/namespaces/{api.namespace}/pods", {"labelSelector": text}).get("items") or []
    if not pods:
        raise NotFound(f"{word} selects no Pods", fix=f"pilothouse get pods -n {api.namespace} shows what there is")
    return str(pods[0]["metadata"]["name"])
