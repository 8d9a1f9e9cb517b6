"""Fetch from servers of others: bounded, over http and https only, through the proxies of the environment.

The client of `wire` is for API servers and neither follows redirects nor uses proxies; downloads need both. Credentials are sent
to the host they were given for, and never follow a redirect to another.
"""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pilothouse.delivery.charts.repository.errors import DownloadFailed, RepositoryInvalid
from pilothouse.delivery.charts.repository.types import Credentials

TIMEOUT_S = 60.0
_PIECE = 1 << 20
_AGENT = "pilothouse"


class Answer(msgspec.Struct, frozen=True):
    """What a server said; header names are small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects without taking credentials to another host, and never from https to http."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request."""
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if old.scheme == "https" and new.scheme != "https":
            raise DownloadFailed(f"{old.netloc} redirects to {newurl}, which is not encrypted")
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None and old.netloc != new.netloc:
            found.remove_header("Authorization")
        return found


def _tls(credentials: Credentials) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=credentials.ca_file or None)
        if credentials.cert_file:
            context.load_cert_chain(credentials.cert_file, credentials.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise RepositoryInvalid(f"the certificate files cannot be used: {error}") from None
    if credentials.is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _opener(credentials: Credentials) -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(context=_tls(credentials)),
        _Redirects(), urllib.request.HTTPErrorProcessor(), urllib.request.HTTPDefaultErrorHandler(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


def basic(credentials: Credentials) -> str:
    """Return the header of a name and a password."""
    pair = f"{credentials.username}:{credentials.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def exchange(
    method: str, url: str, credentials: Credentials, *, headers: Mapping[str, str] | None = None, body: bytes | None = None,
    max_bytes: int,
) -> Answer:  # fmt: skip
    """Send a request and return the answer, also when it is a refusal; raises DownloadFailed when there is none."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise RepositoryInvalid(f"{url} is no http or https URL")
    request = urllib.request.Request(url, body, {"User-Agent": _AGENT, **(headers or {})}, method=method)  # noqa: S310 - checked above
    try:
        with _opener(credentials).open(request, timeout=TIMEOUT_S) as response:
            return Answer(response.status, _heads(response), _bounded(response, url, max_bytes))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _heads(error), _bounded(error, url, _PIECE))
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise DownloadFailed(f'{method} "{url}": {getattr(error, "reason", error)}') from None


def _heads(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _bounded(response: Any, url: str, max_bytes: int) -> bytes:
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0 and (piece := response.read(min(_PIECE, left))):
        pieces.append(piece)
        left -= len(piece)
    if left <= 0:
        raise DownloadFailed(f"{url} is larger than {max_bytes} bytes")
    return b"".join(pieces)


def fetch(url: str, credentials: Credentials, max_bytes: int) -> bytes:
    """Return what is at a URL; raises DownloadFailed."""
    headers = {"Authorization": basic(credentials)} if credentials.username else {}
    answer = exchange("GET", url, credentials, headers=headers, max_bytes=max_bytes)
    if not 200 <= answer.status < 300:
        raise DownloadFailed(f"failed to fetch {url} : {answer.status} {http.client.responses.get(answer.status, '')}".rstrip())
    return answer.body
