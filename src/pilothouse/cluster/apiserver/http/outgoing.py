"""Calls from the API server to servers of others: admission and conversion webhooks, aggregated APIs.

Connections are kept per (address, trust, identity) and used again. Failures are worded as the reference server words them,
because clients and operators match these texts; bodies and times are bounded.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
import ssl
from collections import OrderedDict
from urllib.parse import urlsplit

import msgspec
import orjson

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.endpoints import resolve
from pilothouse.kit.errors import PilothouseError, Unavailable
from pilothouse.kit.virtualtime import calling
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.kubeconfig import ClusterAccess

MAX_ANSWER = 16 * 1024 * 1024
MAX_KEPT = 100
DEFAULT_TIMEOUT_S = 30.0
_AUTHORITY_CODES = frozenset((18, 19, 20, 21))
_EXPIRED_CODES = frozenset((9, 10))
_HOSTNAME_CODES = frozenset((62, 64))


class Server(msgspec.Struct, frozen=True):
    """Where a call goes. With `service` set, `url` is what messages show and the endpoint is looked up for each call."""

    url: str
    authority_pem: bytes = b""
    is_unverified: bool = False
    service: tuple[str, str, int] | None = None
    """(namespace, name, port)"""
    certificate_pem: bytes = b""
    key_pem: bytes = b""


class CallFailed(Unavailable):
    """A server of others did not answer as it should; the message says how, as the reference server words it."""

    reason = "CallFailed"


def server_of(config: Obj) -> Server:
    """Return the server that a webhook's clientConfig names; raises `CallFailed` when it names none."""
    try:
        authority = base64.b64decode(config.get("caBundle") or "")
    except (binascii.Error, ValueError):
        raise CallFailed("unable to load root certificates: unable to parse bytes as PEM block") from None
    service = config.get("service")
    if service is not None:
        port = service.get("port") or 443
        url = f"https://{service['name']}.{service['namespace']}.svc:{port}/{(service.get('path') or '').lstrip('/')}"
        return Server(url.rstrip("/") if not service.get("path") else url, authority, False,
                      (service["namespace"], service["name"], port))  # fmt: skip
    if not config.get("url"):
        raise CallFailed("webhook configuration must have either service or URL")
    return Server(config["url"], authority)


class Outgoing:
    """The API server as a client."""

    def __init__(self, backend: Backend) -> None:
        """Look Services up in the cache of `backend`."""
        self.backend = backend
        self._kept: OrderedDict[tuple[str, Server], HttpTransport] = OrderedDict()

    def transport(self, server: Server) -> HttpTransport:
        """Return the kept transport to a server; raises `Unavailable` when its Service has no endpoint."""
        parts = urlsplit(server.url)
        base = f"{parts.scheme}://{parts.netloc}"
        if server.service is not None:
            host, port = resolve(self.backend, *server.service)
            base = f"{parts.scheme}://[{host}]:{port}" if ":" in host else f"{parts.scheme}://{host}:{port}"
        key = (base, server)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        access = ClusterAccess(base)
        access.authority_pem, access.insecure = server.authority_pem, server.is_unverified
        access.certificate_pem, access.key_pem = server.certificate_pem, server.key_pem
        access.tls_server_name = parts.hostname or ""
        try:
            found = self._kept[key] = HttpTransport(access, "kube-apiserver-admission", max_body_bytes=MAX_ANSWER)
        except (ssl.SSLError, ValueError) as error:
            raise Unavailable(f"unable to load root certificates: {error}") from error
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found

    async def post(self, server: Server, body: Obj, timeout_s: float = 0.0) -> Obj:
        """Send a review and return the answer's tree; raises `CallFailed`. `timeout_s` is also told to the server."""
        query = [("timeout", f"{int(timeout_s)}s")] if timeout_s else []
        shown = f'Post "{server.url}{f"?timeout={int(timeout_s)}s" if timeout_s else ""}"'
        parts = urlsplit(server.url)
        request = Request("POST", parts.path or "/", query, {
            "content-type": "application/json", "accept": "application/json, */*", "host": parts.netloc,
        }, orjson.dumps(body, option=orjson.OPT_PASSTHROUGH_SUBCLASS))  # fmt: skip
        try:
            async with asyncio.timeout(timeout_s or DEFAULT_TIMEOUT_S):
                with calling(self.backend.clock):
                    response = await self._sent(server, request)
                    raw = await response.read()
        except TimeoutError:
            raise CallFailed(f"{shown}: context deadline exceeded") from None
        except PilothouseError as error:
            raise CallFailed(f"{shown}: {worded(error, parts.hostname or '')}") from None
        return _tree(response.status, raw)

    async def _sent(self, server: Server, request: Request) -> Response:
        """Send a review, once more when the server hung up: it may just have closed a kept connection."""
        transport = self.transport(server)
        try:
            return await transport.send(request)
        except Unavailable as error:
            if not isinstance(error.__cause__, EOFError | ConnectionError) or isinstance(error.__cause__, ConnectionRefusedError):
                raise
        return await transport.send(request)

    async def close(self) -> None:
        """Close what is idle."""
        while self._kept:
            await self._kept.popitem()[1].close()


def _tree(status: int, raw: bytes) -> Obj:
    try:
        tree = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        tree = None
        if 200 <= status < 300:
            raise CallFailed(f"couldn't get version/kind; json parse error: {error}") from None
    if not 200 <= status < 300:
        if isinstance(tree, dict) and tree.get("kind") == "Status" and tree.get("message"):
            raise CallFailed(str(tree["message"]))
        raise CallFailed(_refusal(status, raw))
    if not isinstance(tree, dict):
        raise CallFailed("couldn't get version/kind; the answer is no JSON object")
    return tree


def _refusal(status: int, raw: bytes) -> str:
    text = raw[:2048].decode("utf-8", "replace").strip()
    known = {
        400: "the server rejected our request for an unknown reason", 403: "unknown", 503: "the server is currently unable to "
        "handle the request", 401: "the server has asked for the client to provide credentials",
        404: "the server could not find the requested resource", 405: "the server does not allow this method on the requested "
        "resource", 429: "the server has received too many requests and has asked us to try again later",
    }  # fmt: skip
    if status in known:
        return text if status == 403 and text else known[status]
    if status >= 500:
        shown = orjson.dumps(text or "unknown").decode()
        return f"an error on the server ({shown}) has prevented the request from succeeding"
    return f"the server responded with the status code {status} but did not return more information"


def worded(error: BaseException, host: str) -> str:
    """Return why a call failed, in the words of the reference server's HTTP client."""
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"tls: failed to verify certificate: x509: {_certificate_problem(cause, host)}"
    if isinstance(cause, ConnectionRefusedError):
        return f"dial tcp {_dialled(error)}: connect: connection refused"
    if isinstance(cause, socket.gaierror):
        return f"dial tcp: lookup {host}: no such host"
    if isinstance(cause, TimeoutError):
        return "context deadline exceeded"
    if isinstance(cause, EOFError | ConnectionResetError):
        return "EOF"
    return error.message if isinstance(error, PilothouseError) else str(error)


def _certificate_problem(error: ssl.SSLCertVerificationError, host: str) -> str:
    if error.verify_code in _AUTHORITY_CODES:
        return "certificate signed by unknown authority"
    if error.verify_code in _EXPIRED_CODES:
        return "certificate has expired or is not yet valid"
    if error.verify_code in _HOSTNAME_CODES:
        return f"certificate is not valid for {host}"
    return error.verify_message


def _dialled(error: BaseException) -> str:
    message = error.message if isinstance(error, PilothouseError) else str(error)
    return message.partition(" answers at ")[2].partition(": ")[0]
