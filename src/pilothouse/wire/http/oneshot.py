"""A blocking HTTP/1.1 exchange for command-line verbs.

`pilothouse get` must start in a few interpreter starts, so this imports sockets and TLS and nothing else: no event loop, no
email parser. One connection per request, or kept for several; chunked bodies are read as they come.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from pilothouse.kit.errors import Unavailable
from pilothouse.wire.kubeconfig import ClusterAccess
from pilothouse.wire.pem import client_context

CONNECT_TIMEOUT_S = 10.0


class Answer:
    """Status, headers (lower case) and the body, either read whole or iterated."""

    __slots__ = ("_connection", "_reader", "headers", "status")

    def __init__(self, connection: socket.socket) -> None:
        """Read the head."""
        self._connection = connection
        self._reader = connection.makefile("rb")
        line = self._reader.readline(65_536).split(b" ", 2)
        if len(line) < 2 or not line[1].isdigit():
            raise Unavailable("the server closed the connection without an answer")
        self.status = int(line[1])
        self.headers: dict[str, str] = {}
        while (header := self._reader.readline(65_536)) not in (b"\r\n", b""):
            name, _, value = header.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def chunks(self) -> Iterator[bytes]:
        """Yield the body as it comes, then close."""
        try:
            if self.headers.get("transfer-encoding") == "chunked":
                while size := int(self._reader.readline(1024).split(b";")[0] or b"0", 16):
                    yield self._reader.read(size)
                    self._reader.readline(1024)
            else:
                length = self.headers.get("content-length")
                yield self._reader.read(int(length)) if length else self._reader.read()
        finally:
            self.close()

    def read(self) -> bytes:
        """Return the whole body and close."""
        return b"".join(self.chunks())

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self._connection.close()


def _split(server: str) -> tuple[str, str, int, str]:
    scheme, _, rest = server.partition("://")
    authority, slash, path = rest.partition("/")
    host, _, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
    number = int(port) if port.isdigit() else (443 if scheme == "https" else 80)
    return scheme, host.strip("[]"), number, f"/{path}" if slash and path else ""


def _ascii(host: str) -> str | bytes:
    """Return an ASCII name as bytes: it does not load the tables of international names."""
    return host.encode() if host.isascii() else host


def exchange(
    access: ClusterAccess, method: str, target: str, *, body: bytes = b"", headers: dict[str, str] | None = None,
    timeout_s: float | None = 60.0,
) -> Answer:  # fmt: skip
    """Send one request and return the answer; raises `Unavailable` when nobody answers."""
    scheme, host, port, prefix = _split(access.server)
    try:
        connection: socket.socket = socket.create_connection((_ascii(host), port), CONNECT_TIMEOUT_S)  # type: ignore[arg-type]
        if scheme == "https":
            expected = _ascii(access.tls_server_name or host)
            connection = client_context(access).wrap_socket(connection, server_hostname=expected)
        connection.settimeout(timeout_s)
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"the certificate of {host}:{port} is not the one the kubeconfig trusts: {error.verify_message}",
            fix="use the kubeconfig that this instance wrote (`pilothouse status` shows its path)",
        ) from error
    except OSError as error:
        raise Unavailable(
            f"no API server answers at {host}:{port}: {error.strerror or error}",
            fix="start it with `pilothouse up`, or check the server in the kubeconfig",
        ) from error
    lines = {"host": f"{host}:{port}", "user-agent": "pilothouse-cli", "connection": "close", "accept": "application/json"}
    if access.token:
        lines["authorization"] = f"Bearer {access.token}"
    lines |= headers or {}
    if body or method in {"POST", "PUT", "PATCH"}:
        lines["content-length"] = str(len(body))
    head = f"{method} {prefix}{target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    try:
        connection.sendall(head.encode("latin-1") + b"\r\n" + body)
        return Answer(connection)
    except OSError as error:
        connection.close()
        raise Unavailable(f"{host}:{port} hung up: {error.strerror or error}") from error
