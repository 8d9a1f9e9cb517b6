"""Probes over the network: HTTP, gRPC, TCP, and a query to a Prometheus.

A service that refuses, hangs up or says nothing in time gives no answer (`ProbeSilent`); what that means is up to the probe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from urllib.parse import urlencode

from pilothouse.delivery.gitops.engine.probes.answers import (
    Answer,
    grpc_answer,
    grpc_request,
    http_answer,
    prometheus_answer,
    short,
)
from pilothouse.delivery.gitops.engine.probes.specs import Probe, comparison
from pilothouse.delivery.gitops.engine.probes.targets import Target
from pilothouse.delivery.gitops.errors import ProbeFailed, ProbeSilent
from pilothouse.kit.errors import CallFailed, Denied, Unavailable
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request
from pilothouse.wire.kubeconfig import ClusterAccess

MAX_BODY = 1 << 20
_GRPC_METHOD = "/grpc.health.v1.Health/Check"
_GRPC_UNKNOWN = {5: "the server does not know this service", 12: "the server has no grpc.health.v1.Health"}
_GRPC_SILENT = frozenset({4, 14})


def check_host(host: str, allowed: tuple[str, ...]) -> None:
    """Raise `Denied` unless a host that somebody wrote down may be asked."""
    if not any(fnmatchcase(host.lower(), pattern.lower()) for pattern in allowed):
        raise Denied(f"health probes may not ask {host}", fix="allow it in `probe_hosts` of the settings of delivery.gitops")


async def ask_http(probe: Probe, target: Target) -> Answer:
    """Ask a path."""
    return http_answer(*await _get(target, probe.insecure))


async def ask_prometheus(probe: Probe, target: Target, query: str) -> Answer:
    """Ask a Prometheus-compatible server for the present value of a query."""
    path = f"{target.path.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"
    status, body = await _get(Target(target.scheme, target.host, target.port, path), probe.insecure)
    return prometheus_answer(status, body, comparison(probe.compare) if probe.compare else None, probe.compare)


async def ask_tcp(target: Target) -> Answer:
    """Connect."""
    try:
        _, writer = await asyncio.open_connection(target.host, target.port)
    except OSError as error:
        raise ProbeSilent(f"{target.netloc} does not answer: {short(error.strerror or error)}") from None
    writer.close()
    return Answer(True)


async def ask_grpc(probe: Probe, target: Target) -> Answer:
    """Ask the health service of a gRPC server."""
    from pilothouse.wire.grpc import GrpcChannel

    channel = GrpcChannel(target.netloc)
    try:
        return grpc_answer(await channel.call(_GRPC_METHOD, grpc_request(probe.service), timeout_s=probe.timeout_s))
    except CallFailed as error:
        if error.code in _GRPC_SILENT:
            raise ProbeSilent(f"{target.netloc} does not answer: {short(error.message)}") from None
        return Answer(False, _GRPC_UNKNOWN.get(error.code, short(error.message)))
    finally:
        await channel.close()


async def _get(target: Target, is_insecure: bool) -> tuple[int, bytes]:
    access = ClusterAccess(f"{target.scheme}://{target.netloc}")
    access.insecure = is_insecure
    transport = HttpTransport(access, "pilothouse-probe", max_body_bytes=MAX_BODY)
    path, _, query = target.path.partition("?")
    headers = {"connection": "close", "accept": "application/json"}
    try:
        answer = await transport.send(Request("GET", path, headers=headers, raw_target=f"{path}?{query}" if query else ""))
        return answer.status, await answer.read()
    except Unavailable as error:
        cause = error.__cause__
        reason = getattr(cause, "strerror", None) or cause or error.message
        raise ProbeSilent(f"{target.netloc} does not answer: {short(reason)}") from None
    finally:
        await transport.close()


async def within(seconds: float, ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return the answer; raises `ProbeSilent` when it takes longer."""
    try:
        async with asyncio.timeout(seconds):
            return await ask()
    except TimeoutError:
        raise ProbeSilent(f"no answer within {seconds:g} s") from None
    except (OSError, ValueError) as error:
        raise ProbeFailed(short(error)) from None
