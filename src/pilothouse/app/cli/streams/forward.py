"""`pilothouse port-forward`: local ports that lead to ports of a Pod."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from pilothouse.app.cli.access import Api, add_flags
from pilothouse.app.cli.names import pod_of
from pilothouse.kit.errors import Invalid

if TYPE_CHECKING:
    from pilothouse.wire.spdy.session import Session

PROTOCOL = "SPDY/3.1+portforward.k8s.io"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("port-forward", help="make ports of a Pod reachable on this machine")
    parser.add_argument("pod", help="Pod name, or TYPE/NAME of something that selects Pods")
    parser.add_argument("ports", nargs="+", metavar="[LOCAL:]REMOTE", help="port of the Pod, and the local one (0: any)")
    parser.add_argument("--address", default="127.0.0.1", help="local address to listen on")
    add_flags(parser)
    parser.set_defaults(run=run)


def ports_of(text: str) -> tuple[int, int]:
    """Return (local, remote) of `[LOCAL:]REMOTE`; raises Invalid."""
    local, colon, remote = text.rpartition(":")
    local = (local or "0") if colon else remote
    if not (local.isdigit() and remote.isdigit() and int(local) < 65536 and 0 < int(remote) < 65536):
        raise Invalid(f"{text!r} is no pair of ports", fix="write 8080:80, or :80 for any free local port")
    return int(local), int(remote)


def run(args: argparse.Namespace) -> int:
    """Forward until interrupted or until the Pod is gone."""
    pairs = [ports_of(text) for text in args.ports]
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_run(args, pairs))
    return 0


async def _run(args: argparse.Namespace, pairs: list[tuple[int, int]]) -> int:
    from pilothouse.app.cli.streams.session import connect
    from pilothouse.wire.spdy.session import Session
    from pilothouse.wire.websocket import Tunnel

    api = Api(args)
    path = f"/api/v1/namespaces/{api.namespace}/pods/{pod_of(api, args.pod)}/portforward"
    socket = await connect(api.access, path, [], PROTOCOL)
    session = Session(Tunnel(socket), lambda stream: None, is_client=True)
    numbers = itertools.count()
    for local, remote in pairs:
        await _listen(session, args.address, local, remote, numbers)
    with contextlib.suppress(ConnectionError):
        await session.run()
    print("error: lost connection to the Pod", file=sys.stderr)
    return 1


async def _listen(session: Session, address: str, local: int, remote: int, numbers: itertools.count[int]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await carry(session, reader, writer, remote, next(numbers))

    try:
        server = await asyncio.start_server(serve, address, local)
    except OSError as error:
        raise Invalid(f"cannot listen on {address}:{local}: {error.strerror}", fix="choose another local port") from error
    print(f"Forwarding from {address}:{server.sockets[0].getsockname()[1]} -> {remote}", flush=True)


async def carry(session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, remote: int, number: int) -> None:
    """Carry one local connection to `remote`, and say what the other side reports."""
    from pilothouse.kit.aio import TaskScope
    from pilothouse.wire.duplex import SocketDuplex, copy

    local = SocketDuplex(reader, writer)
    headers = {"port": str(remote), "requestid": str(number)}
    async with TaskScope("connection") as scope:
        with contextlib.suppress(OSError):
            error = await session.open({**headers, "streamtype": "error"})
            await error.write_eof()
            data = await session.open({**headers, "streamtype": "data"})
            scope.spawn(_quietly(copy(local, data)), "up")
            await copy(data, local)
            await data.close()
            if problem := await error.read():
                print(problem.decode("utf-8", "replace"), file=sys.stderr)
    await local.close()


async def _quietly(work: Coroutine[None, None, None]) -> None:
    with contextlib.suppress(OSError):
        await work
