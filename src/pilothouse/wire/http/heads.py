"""Heads of responses as bytes, and who is at the other end of a connection: the tables of the HTTP edge."""

from __future__ import annotations

import asyncio
import os
import socket
from http import HTTPStatus

import msgspec

from pilothouse.wire.http.messages import Peer, Response

REASONS = {status.value: status.phrase for status in HTTPStatus}
_STATUS_LINES = {code: f"HTTP/1.1 {code} {phrase}\r\n".encode() for code, phrase in REASONS.items()}
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What every HTTP/2 connection begins with."""
NO_BODY = {204, 304}
"""Statuses that never have a body."""


def head_of(response: Response, length: int | None, keep_alive: bool) -> bytes:
    """Return the bytes of a response's head; `length` None means chunks."""
    status_line = _STATUS_LINES.get(response.status) or f"HTTP/1.1 {response.status} Status\r\n".encode()
    lines = [f"{name}: {value}\r\n" for name, value in response.headers]
    if response.content_type and not any(name == "content-type" for name, _ in response.headers):
        lines.append(f"content-type: {response.content_type}\r\n")
    if response.status not in NO_BODY:
        lines.append("transfer-encoding: chunked\r\n" if length is None else f"content-length: {length}\r\n")
    lines.append("\r\n" if keep_alive else "connection: close\r\n\r\n")
    return status_line + "".join(lines).encode("latin-1", "replace")


def refusal(status: int, message: str) -> bytes:
    """Return the body for a request that could not be read."""
    reason = "RequestEntityTooLarge" if status == 413 else REASONS.get(status, "Error").replace(" ", "")
    return msgspec.json.encode(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
         "code": status}
    )  # fmt: skip


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """Return the peer of a connection: its address and the subject of a verified client certificate."""
    address = transport.get_extra_info("peername")
    text = address[0] if isinstance(address, tuple) else "unix"
    certificate = transport.get_extra_info("peercert")
    if not certificate:
        return Peer(address=text)
    common_name, organizations = "", []
    for part in certificate.get("subject", ()):
        for key, value in part:
            if key == "commonName":
                common_name = value
            elif key == "organizationName":
                organizations.append(value)
    return Peer(address=text, common_name=common_name, organizations=tuple(organizations))


def is_http2(transport: asyncio.BaseTransport) -> bool:
    """Tell whether the two sides agreed on HTTP/2 while they set up TLS."""
    tls = transport.get_extra_info("ssl_object")
    return tls is not None and tls.selected_alpn_protocol() == "h2"


def notice_dead_peers(listening: int) -> None:
    """Have the kernel end connections whose other side vanished; accepted sockets inherit this."""
    with socket.socket(fileno=os.dup(listening)) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 15), (socket.TCP_KEEPCNT, 4)):
            own.setsockopt(socket.IPPROTO_TCP, option, value)
