"""`pilothouse wait`: until a condition is true, a field has a value, or an object is gone."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pilothouse.app.cli.access import Api, RequestFailed, add_flags, seconds
from pilothouse.app.cli.names import Named, targets
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import BadRequest, TimedOut


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("wait", help="wait until a condition holds")
    parser.add_argument("words", nargs="+", metavar="TYPE/NAME")
    parser.add_argument("--for", dest="goal", required=True, help="delete, condition=Ready[=value] or jsonpath=.a.b=value")
    parser.add_argument("--timeout", type=seconds, default=30.0, help="seconds, or 30s, 5m, 1h (default 30)")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Wait for each object in turn, within one deadline."""
    api = Api(args)
    deadline = SystemClock().monotonic() + args.timeout
    for named, name in targets(api, args.words):
        if not name:
            raise BadRequest("name the objects to wait for", fix="pilothouse wait pod/web --for condition=Ready")
        _wait(api, args.goal, named, name, deadline)
        print(f"{named.group_name}/{name} {'deleted' if args.goal == 'delete' else 'condition met'}")
    return 0


def _wait(api: Api, goal: str, named: Named, name: str, deadline: float) -> None:
    while True:
        try:
            tree = api.json("GET", named.path(api.namespace, name))
        except RequestFailed as error:
            if error.code == 404 and goal == "delete":
                return
            raise
        if is_met(tree, goal):
            return
        remaining_s = deadline - SystemClock().monotonic()
        if remaining_s <= 0:
            raise TimedOut(f"timed out waiting for {goal} on {named.group_name}/{name}")
        query = {
            "watch": "true", "fieldSelector": f"metadata.name={name}", "resourceVersion": tree["metadata"]["resourceVersion"],
            "timeoutSeconds": str(max(1, int(remaining_s))),
        }  # fmt: skip
        for line in api.lines(named.path(api.namespace), query):
            event = json.loads(line)
            if event["type"] == "DELETED" or is_met(event["object"], goal):
                break


def is_met(tree: dict[str, Any], goal: str) -> bool:
    """Whether the object satisfies the goal; raises `BadRequest` for a goal that cannot be read."""
    kind, _, rest = goal.partition("=")
    if kind == "delete":
        return False
    if kind == "condition":
        name, _, value = rest.partition("=")
        conditions = (tree.get("status") or {}).get("conditions") or ()
        wanted = (value or "True").lower()
        return any(c.get("type", "").lower() == name.lower() and c.get("status", "").lower() == wanted for c in conditions)
    if kind == "jsonpath":
        path, _, value = rest.strip("'{}").partition("=")
        found: Any = tree
        for part in path.strip("{}.'").split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return str(found) == value.strip("'\"") if value else found is not None
    raise BadRequest(f"cannot wait for {goal!r}", fix="delete, condition=NAME[=value] or jsonpath=.a.b=value")
