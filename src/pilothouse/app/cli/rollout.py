"""`pilothouse rollout`: follow, restart or undo the rollout of a Deployment."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from pilothouse.app.cli.access import Api, add_flags, seconds
from pilothouse.app.cli.names import Named, targets
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import BadRequest, NotFound, TimedOut

REVISION = "deployment.kubernetes.io/revision"
_STRATEGIC = "application/strategic-merge-patch+json"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("rollout", help="watch, restart or undo a rollout")
    parser.add_argument("action", choices=("status", "restart", "undo", "history"))
    parser.add_argument("words", nargs="+", metavar="TYPE/NAME")
    parser.add_argument("--timeout", type=seconds, default=0.0, help="seconds, or 30s, 5m, to wait for `status` (0: no limit)")
    parser.add_argument("--to-revision", type=int, default=0, help="revision to go back to (default: the one before)")
    add_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do the action for each object."""
    api = Api(args)
    actions = {"status": _status, "restart": _restart, "undo": _undo, "history": _history}
    for named, name in targets(api, args.words):
        if not name:
            raise BadRequest("a rollout needs a name", fix="pilothouse rollout status deploy/web")
        actions[args.action](api, args, named, name)
    return 0


def _progress(tree: dict[str, Any]) -> str:
    """Return what is still missing, empty when the rollout is complete."""
    spec, status = tree["spec"], tree.get("status") or {}
    if status.get("observedGeneration", 0) < tree["metadata"].get("generation", 0):
        return "waiting for the spec update to be observed"
    wanted = spec.get("replicas", 1) if tree["kind"] != "DaemonSet" else status.get("desiredNumberScheduled", 0)
    updated = status.get("updatedReplicas", status.get("updatedNumberScheduled", 0))
    available = status.get("availableReplicas", status.get("numberAvailable", 0))
    for condition in status.get("conditions") or ():
        if condition.get("reason") == "ProgressDeadlineExceeded":
            raise TimedOut(f"{tree['kind'].lower()} {tree['metadata']['name']!r} exceeded its progress deadline")
    if updated < wanted:
        return f"{updated} of {wanted} new replicas have been updated"
    if tree["kind"] == "Deployment" and status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} old replicas are pending termination"
    return f"{available} of {wanted} updated replicas are available" if available < wanted else ""


def _status(api: Api, args: argparse.Namespace, named: Named, name: str) -> None:
    clock = SystemClock()
    deadline = clock.monotonic() + args.timeout if args.timeout else None
    tree = api.json("GET", named.path(api.namespace, name))
    said = ""
    while missing := _progress(tree):
        if missing != said:
            print(f"Waiting for {named.kind.lower()} {name!r} rollout to finish: {missing}...", flush=True)
            said = missing
        query = {
            "watch": "true", "fieldSelector": f"metadata.name={name}", "timeoutSeconds": "5",
            "resourceVersion": tree["metadata"]["resourceVersion"],
        }  # fmt: skip
        for line in api.lines(named.path(api.namespace), query):
            event = json.loads(line)
            if event["type"] == "DELETED":
                raise NotFound(f"{named.kind.lower()} {name!r} was deleted while its rollout was under way")
            if event["type"] in {"ADDED", "MODIFIED"}:
                tree = event["object"]
                break
        if deadline is not None and clock.monotonic() > deadline:
            raise TimedOut(f"{named.kind.lower()} {name!r} is not rolled out after {args.timeout:.0f} s: {missing}")
    print(f"{named.kind.lower()} {name!r} successfully rolled out")


def _restart(api: Api, args: argparse.Namespace, named: Named, name: str) -> None:
    now = datetime.fromtimestamp(SystemClock().now(), UTC).isoformat(timespec="seconds")
    annotations = {"kubectl.kubernetes.io/restartedAt": now}
    body = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    api.json("PATCH", named.path(api.namespace, name), None, body, content_type=_STRATEGIC)
    print(f"{named.group_name}/{name} restarted")


def _replica_sets(api: Api, tree: dict[str, Any]) -> list[dict[str, Any]]:
    path = f"/apis/apps/v1/namespaces/{tree['metadata']['namespace']}/replicasets"
    uid = tree["metadata"]["uid"]
    found = [
        item
        for item in api.json("GET", path).get("items") or ()
        if any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or ())
    ]
    return sorted(found, key=_revision)


def _revision(replica_set: dict[str, Any]) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def _history(api: Api, args: argparse.Namespace, named: Named, name: str) -> None:
    tree = api.json("GET", named.path(api.namespace, name))
    print(f"{named.group_name}/{name}\nREVISION  REPLICASET")
    for replica_set in _replica_sets(api, tree):
        print(f"{_revision(replica_set):<9} {replica_set['metadata']['name']}")


def _undo(api: Api, args: argparse.Namespace, named: Named, name: str) -> None:
    tree = api.json("GET", named.path(api.namespace, name))
    sets = _replica_sets(api, tree) if named.kind == "Deployment" else []
    earlier = sets[:-1] if not args.to_revision else [item for item in sets if _revision(item) == args.to_revision]
    if not earlier:
        raise NotFound(f"no rollout history found for {named.kind.lower()} {name!r} to go back to")
    template = earlier[-1]["spec"]["template"]
    template["metadata"]["labels"].pop("pod-template-hash", None)
    body = [{"op": "replace", "path": "/spec/template", "value": template}]
    api.json("PATCH", named.path(api.namespace, name), None, body, content_type="application/json-patch+json")
    print(f"{named.group_name}/{name} rolled back to revision {_revision(earlier[-1])}")
