"""Carrying out one probe or lifecycle handler: a command, an HTTP request, a TCP connection, a gRPC health check, a pause.

The caller gives the ways to dial and to execute, so that everything happens inside the Pod's network. Whatever goes wrong is a
failed probe with a message, never an exception; only the first 10 KiB of a body are looked at.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from pilothouse.cluster.nodeagent.engine.probes import timeout_s
from pilothouse.cluster.nodeagent.errors import RuntimeFailure, SupervisorUnavailable
from pilothouse.cluster.nodeagent.runs import ExecResult, Probed, ProbeTarget
from pilothouse.kit.clock import Clock

MAX_BODY_BYTES = 10 << 10
Dial = Callable[[str, int], Awaitable[socket.socket]]
Execute = Callable[[list[str], float], Awaitable[ExecResult]]


async def run_probe(probe: dict[str, Any], target: ProbeTarget, dial: Dial, execute: Execute, clock: Clock) -> Probed:
    """Carry out the handler in `probe` within its timeout and return the outcome."""
    limit_s = timeout_s(probe)
    try:
        if "exec" in probe:
            return await _exec(list(probe["exec"].get("command") or []), execute, limit_s)
        if "sleep" in probe:
            await clock.sleep(float(probe["sleep"].get("seconds") or 0))
            return Probed(True)
        async with asyncio.timeout(limit_s):
            if "httpGet" in probe:
                return await _http(probe["httpGet"], target, dial)
            if "tcpSocket" in probe:
                action = probe["tcpSocket"]
                (await dial(action.get("host") or target.address, _port(action.get("port"), target))).close()
                return Probed(True)
            if "grpc" in probe:
                return await _grpc(probe["grpc"], target, dial)
    except TimeoutError:
        return Probed(False, f"command timed out after {limit_s:g}s" if "exec" in probe else f"no answer within {limit_s:g} s")
    except (OSError, ValueError, EOFError, RuntimeFailure, SupervisorUnavailable) as error:
        return Probed(False, str(error))
    return Probed(True)


async def _exec(command: list[str], execute: Execute, limit_s: float) -> Probed:
    result = await execute(command, limit_s)
    return Probed(result.exit_code == 0, result.output.decode("utf-8", "replace")[:1024])


def _port(value: Any, target: ProbeTarget) -> int:
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return int(value)
    if str(value) not in target.ports:
        raise ValueError(f"the container has no port named {value!r}")
    return target.ports[str(value)]


async def _http(action: dict[str, Any], target: ProbeTarget, dial: Dial) -> Probed:
    host, port = action.get("host") or target.address, _port(action.get("port"), target)
    path = str(action.get("path") or "/")
    headers = {"host": f"{host}:{port}", "user-agent": "kube-probe/1.36", "accept": "*/*", "connection": "close"}
    headers |= {str(h.get("name", "")).lower(): str(h.get("value", "")) for h in action.get("httpHeaders") or []}
    lines = [
        f"GET {path if path.startswith('/') else '/' + path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("the probe's path or headers contain a line break")
    context: ssl.SSLContext | None = None
    if str(action.get("scheme") or "HTTP").upper() == "HTTPS":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sock = await dial(host, port)
    reader, writer = await asyncio.open_connection(sock=sock, ssl=context, server_hostname="" if context else None)
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await writer.drain()
        status = await reader.readline()
        parts = status.split(b" ", 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
            return Probed(False, "the answer is not HTTP")
        code = int(parts[1])
        await reader.read(MAX_BODY_BYTES)
        return Probed(200 <= code < 400, f"HTTP probe failed with statuscode: {code}")
    finally:
        writer.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _literal(name: str, value: str) -> bytes:
    return b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


async def _grpc(action: dict[str, Any], target: ProbeTarget, dial: Dial) -> Probed:
    """Speak just enough HTTP/2 for grpc.health.v1.Health/Check."""
    service = str(action.get("service") or "").encode()[:100]
    message = (b"\x0a" + bytes([len(service)]) + service) if service else b""
    fields = [(":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"), (":authority", target.address)]
    fields += [("content-type", "application/grpc"), ("te", "trailers")]
    head = b"".join(_literal(name, value) for name, value in fields)
    body = b"\x00" + len(message).to_bytes(4, "big") + message
    reader, writer = await asyncio.open_connection(sock=await dial(target.address, _port(action.get("port"), target)))
    try:
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"") + _frame(1, 4, 1, head) + _frame(0, 1, 1, body))
        await writer.drain()
        while True:
            header = await reader.readexactly(9)
            payload = await reader.readexactly(int.from_bytes(header[:3], "big"))
            kind, flags = header[3], header[4]
            if kind == 4 and not flags & 1:
                writer.write(_frame(4, 1, 0, b""))
            if kind == 0 and len(payload) >= 5:
                return Probed(payload[5:].startswith(b"\x08\x01"), "service is not serving")
            if kind in {3, 7} or (kind == 1 and flags & 1):
                return Probed(False, "the gRPC health check was refused")
    finally:
        writer.close()
