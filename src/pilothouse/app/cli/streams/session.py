"""A WebSocket to the API server for a verb of the command line."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode, urlsplit

from pilothouse.app.cli.access import RequestFailed
from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import Unavailable
from pilothouse.wire.duplex import SocketDuplex
from pilothouse.wire.kubeconfig import ClusterAccess
from pilothouse.wire.pem import client_context
from pilothouse.wire.websocket import WebSocket, check_accept, client_headers

CONNECT_TIMEOUT_S = 10.0
_MAX_BODY_BYTES = 1 << 20


async def connect(access: ClusterAccess, path: str, query: list[tuple[str, str]], protocol: str) -> WebSocket:
    """Open a WebSocket that speaks `protocol`; raises RequestFailed with the server's words, Unavailable without any."""
    parts = urlsplit(access.server)
    is_secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if is_secure else 80)
    context = client_context(access) if is_secure else None
    handshake = client_headers(Entropy().token_bytes(16), [protocol])
    headers = {"host": parts.netloc, "user-agent": "pilothouse-cli", **handshake}
    if access.token:
        headers["authorization"] = f"Bearer {access.token}"
    lines = [
        f"GET {parts.path.rstrip('/')}{path}?{urlencode(query)} HTTP/1.1",
        *(f"{key}: {text}" for key, text in headers.items()),
    ]
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            name = (access.tls_server_name or host) if is_secure else None
            reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            head = await reader.readuntil(b"\r\n\r\n")
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        fix = "start it with `pilothouse up`, or check the server in the kubeconfig"
        raise Unavailable(f"no API server answers at {host}:{port}: {error or 'no answer in time'}", fix=fix) from error
    status, received = _read_head(head)
    if status != 101:
        length = min(int(received.get("content-length", "0")), _MAX_BODY_BYTES)
        body = await reader.readexactly(length)
        writer.close()
        raise RequestFailed(status, _status(body))
    check_accept(handshake, received)
    return WebSocket(SocketDuplex(reader, writer), is_client=True)


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _status(body: bytes) -> dict[str, object]:
    try:
        status = json.loads(body)
    except ValueError:
        return {"message": body[:300].decode("utf-8", "replace").strip()}
    return status if isinstance(status, dict) else {}
