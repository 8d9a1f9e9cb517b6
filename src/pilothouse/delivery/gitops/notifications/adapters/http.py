"""One request to a service of notifications. Redirects are not followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from pilothouse.delivery.gitops.errors import NotificationFailed, NotificationInvalid
from pilothouse.kit.errors import Unavailable
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request
from pilothouse.wire.kubeconfig import ClusterAccess

TIMEOUT_S = 20.0
MAX_ANSWER = 1 << 20
_SHOWN = 300


async def send(
    method: str, url: str, body: bytes, headers: Mapping[str, str], *, is_insecure: bool = False
) -> tuple[int, bytes]:  # fmt: skip
    """Return status and body of the answer; raises `NotificationFailed` when there is none."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable or any(ord(each) <= 32 or ord(each) > 126 for each in url):
        raise NotificationInvalid("the service has no usable url", fix="set `url` to an http or https address")
    if any("\n" in text or "\r" in text for text in (method, *headers, *headers.values())):
        raise NotificationInvalid("a header has more than one line")
    access = ClusterAccess(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    access.insecure = is_insecure
    transport = HttpTransport(access, "pilothouse-notifications", max_body_bytes=MAX_ANSWER)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {"connection": "close", **{name.lower(): value for name, value in headers.items()}}
    try:
        async with asyncio.timeout(TIMEOUT_S):
            answer = await transport.send(Request(method.upper(), parts.path, headers=given, body=body, raw_target=target))
            return answer.status, await answer.read()
    except TimeoutError:
        raise NotificationFailed(f"{parts.hostname} does not answer within {TIMEOUT_S:g} s") from None
    except (Unavailable, OSError, ValueError) as error:
        raise NotificationFailed(f"{parts.hostname} does not answer: {error.__cause__ or error}") from None
    finally:
        await transport.close()


def check(host: str, status: int, body: bytes) -> None:
    """Raise `NotificationFailed` unless the status is one of success."""
    if not 200 <= status < 300:
        shown = body[:_SHOWN].decode("utf-8", "replace").strip()
        raise NotificationFailed(f"{host} answers with HTTP {status}: {shown}")
