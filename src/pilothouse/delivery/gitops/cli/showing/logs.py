"""`pilothouse app logs`: the logs of all Pods of an application, side by side while they are followed."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from pilothouse.delivery.gitops.cli.connection import Cluster
from pilothouse.delivery.gitops.cli.flags import add_name, seconds
from pilothouse.delivery.gitops.cli.objects import Objects, check_local
from pilothouse.kit.errors import NotFound, PilothouseError

if TYPE_CHECKING:
    from pilothouse.wire.http.client import HttpTransport

MAX_LINE_BYTES = 1 << 20
Query = list[tuple[str, str]]


class Container(NamedTuple):
    """One container of one Pod."""

    namespace: str
    pod: str
    name: str


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("-f", "--follow", action="store_true", help="go on until interrupted")
    parser.add_argument("--tail", type=int, default=-1, metavar="LINES", help="only the last lines of each container")
    parser.add_argument("-c", "--container", default="", help="only the container of this name")
    parser.add_argument("--kind", default="", help="only Pods of resources of this kind")
    parser.add_argument("--name", dest="resource_name", default="", help="only Pods of the resource of this name")
    parser.add_argument("-s", "--since", type=seconds, default=0.0, help="only lines that are younger: seconds, or 1m30s")
    parser.add_argument("-p", "--previous", action="store_true", help="of the run before the last restart")
    parser.add_argument("--timestamps", action="store_true", help="with the time of each line")
    parser.add_argument("--grep", "--filter", dest="grep", default="", help="only lines that contain this text")
    parser.add_argument("-m", "--match-case", action="store_true", help="for --grep: tell small and capital letters apart")
    add_name(parser)


def run(args: argparse.Namespace) -> int:
    """Print the logs; the status is 1 when none could be read."""
    cluster = Cluster(args)
    app = cluster.application(args.name)
    check_local(app)
    containers = [each for pod in _pods(cluster, app, args) for each in containers_of(pod, args.container)]
    if not containers:
        raise NotFound(f"{args.name} has no such container", fix=f"`pilothouse app tree {args.name}` shows its Pods")
    return asyncio.run(_print_all(cluster, containers, args))


def _pods(cluster: Cluster, app: Any, args: argparse.Namespace) -> list[Any]:
    entries = [
        entry for entry in (app.get("status") or {}).get("resources") or ()
        if args.kind in {"", entry["kind"]} and args.resource_name in {"", entry["name"]}
    ]  # fmt: skip
    return Objects(cluster).pods({**app, "status": {"resources": entries}})


def containers_of(pod: Any, wanted: str) -> list[Container]:
    """Return the containers of a Pod, or the one of a name; those that init it only when they are named."""
    spec, meta = pod["spec"], pod["metadata"]
    listed = [*spec["containers"], *((spec.get("initContainers") or ()) if wanted else ())]
    return [Container(meta["namespace"], meta["name"], each["name"]) for each in listed if wanted in {"", each["name"]}]


def _query(args: argparse.Namespace, container: str) -> Query:
    query: Query = [("container", container)]
    query += [("tailLines", str(args.tail))] if args.tail >= 0 else []
    query += [("sinceSeconds", str(max(1, int(args.since))))] if args.since else []
    flags = (("follow", args.follow), ("previous", args.previous), ("timestamps", args.timestamps))
    return query + [(name, "true") for name, is_set in flags if is_set]


async def _print_all(cluster: Cluster, containers: list[Container], args: argparse.Namespace) -> int:
    from pilothouse.kit.aio import run_all
    from pilothouse.wire.http.client import HttpTransport

    transport = HttpTransport(cluster.access, "pilothouse-cli")
    takes = line_filter(args.grep, match_case=args.match_case)
    try:
        if args.follow:
            done = await run_all(_print(transport, each, len(containers) > 1, takes, args) for each in containers)
        else:
            done = [await _print(transport, each, len(containers) > 1, takes, args) for each in containers]
    finally:
        await transport.close()
    return 0 if any(done) else 1


def line_filter(text: str, *, match_case: bool) -> Callable[[bytes], bool]:
    """Return what says whether a line is printed."""
    if match_case:
        return lambda line: text.encode() in line
    return lambda line: text.lower() in line.decode("utf-8", "replace").lower()


async def _print(
    transport: HttpTransport, container: Container, is_named: bool, takes: Callable[[bytes], bool], args: argparse.Namespace
) -> bool:
    """Print one log as it comes; a container that has none is told, and stops nobody."""
    from pilothouse.wire.http.messages import Request

    path = f"/api/v1/namespaces/{container.namespace}/pods/{container.pod}/log"
    prefix = f"[{container.pod}/{container.name}] ".encode() if is_named else b""
    try:
        response = await transport.send(Request("GET", path, _query(args, container.name), {}, is_streaming=True))
        if response.status >= 400:
            body = (await response.read()).decode("utf-8", "replace")
            print(f"{container.pod}/{container.name}: {_message(body)}", file=sys.stderr)
            return False
        rest = b""
        async for chunk in _chunks(response):
            *lines, rest = (rest + chunk).split(b"\n")
            _write(prefix, [line for line in lines if takes(line)])
            rest = rest[-MAX_LINE_BYTES:]
        _write(prefix, [rest] if rest and takes(rest) else [])
    except PilothouseError as error:
        print(f"{container.pod}/{container.name}: {error.message}", file=sys.stderr)
        return False
    return True


async def _chunks(response: Any) -> Any:
    if isinstance(response.body, bytes):
        yield response.body
        return
    async for chunk in response.body:
        yield chunk


def _message(body: str) -> str:
    import json

    try:
        return str(json.loads(body).get("message") or body)
    except (ValueError, AttributeError):
        return body[:200]


def _write(prefix: bytes, lines: list[bytes]) -> None:
    for line in lines:
        sys.stdout.buffer.write(prefix + line + b"\n")
    sys.stdout.buffer.flush()
