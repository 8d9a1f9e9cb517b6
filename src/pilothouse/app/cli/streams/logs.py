"""`pilothouse logs`: the output of a container."""

from __future__ import annotations

import argparse
import sys

from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import pod_of


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
    path = f"/api/v1/namespaces/{api.namespace}/pods/{pod_of(api, args.pod)}/log"
    for chunk in api.send("GET", path, query, accept="*/*", timeout_s=None).chunks():
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    return 0
