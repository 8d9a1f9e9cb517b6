"""Asks the HTTP API of a forge: pages, conditional requests, limits, and clear words for what goes wrong."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import orjson

from pilothouse.delivery.gitops.errors import GeneratorFailed, RepositoryMissing
from pilothouse.kit.clock import Clock, parse_rfc3339, rfc3339
from pilothouse.kit.errors import Unavailable
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.kubeconfig import ClusterAccess

TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 32 << 20
MAX_PAGES = 1000
MAX_KEPT = 2000
MAX_REDIRECTS = 3
PAUSE_S = 60.0
"""How long a forge is left alone that refuses requests without saying until when."""


class Page(msgspec.Struct, frozen=True):
    """One answer."""

    body: Any
    headers: dict[str, str]


class Access(msgspec.Struct, frozen=True):
    """How a forge is reached."""

    headers: tuple[tuple[str, str], ...] = ()
    ca: str = ""
    is_insecure: bool = False


def segment(text: Any) -> str:
    """Return a text as one segment of a path."""
    return quote(str(text), safe="")


class Api:
    """The API of one forge, seen with one set of credentials."""

    def __init__(self, forge: str, base: str, access: Access, clock: Clock) -> None:
        """Ask below the URL `base`; raises `GeneratorFailed` for one that is none."""
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GeneratorFailed(f"{forge}: {base!r} is no URL", fix="set `api` to one that begins with https://")
        self.forge, self.base = forge, base.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        reach = ClusterAccess(self._origin)
        reach.authority_pem, reach.insecure = access.ca.encode(), access.is_insecure
        self._transport = HttpTransport(reach, "argocd-applicationset", max_body_bytes=MAX_ANSWER_BYTES)
        self._headers = {"accept": "application/json", **dict(access.headers)}
        self._clock = clock
        self._kept: OrderedDict[str, tuple[str, Page]] = OrderedDict()
        self._closed_until = 0.0

    async def get(self, path: str, query: Mapping[str, Any] | None = None) -> Page:
        """Return an answer; raises `GeneratorFailed`, and `RepositoryMissing` when there is no such thing."""
        given = {key: value for key, value in (query or {}).items() if value not in (None, "")}
        return await self._page(f"{self._prefix}{path}{'?' + urlencode(given) if given else ''}")

    async def find(self, path: str, query: Mapping[str, Any] | None = None) -> Page | None:
        """Return an answer, None when there is no such thing."""
        try:
            return await self.get(path, query)
        except RepositoryMissing:
            return None

    async def linked(self, path: str, query: Mapping[str, Any]) -> AsyncIterator[Page]:
        """Yield pages that name the next one in the header `Link`."""
        page = await self.get(path, query)
        for _ in range(MAX_PAGES):
            yield page
            following = _next_link(page.headers.get("link", ""))
            if not following:
                return
            page = await self.follow(following)
        raise GeneratorFailed(f"{self.forge} at {self.base} has more than {MAX_PAGES} pages of {path}")

    async def follow(self, url: str) -> Page:
        """Return the answer at a full URL of the same forge."""
        if not url.startswith(f"{self._origin}/"):
            raise GeneratorFailed(f"{self.forge} at {self.base} leads to {url[:100]}, which is elsewhere")
        return await self._page(url.removeprefix(self._origin))

    async def post(self, path: str) -> Any:
        """Send an empty request and return the answer; raises `GeneratorFailed`."""
        target = f"{self._prefix}{path}"
        response, payload = await self._exchange(Request("POST", "", headers=self._headers, raw_target=target))
        self._refuse(target, response.status, dict(response.headers), payload)
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise GeneratorFailed(f"{self.forge} at {self.base} does not answer with JSON: {target}") from None

    async def close(self) -> None:
        """Close idle connections."""
        await self._transport.close()

    async def _page(self, target: str) -> Page:
        known = self._kept.get(target)
        response, payload = await self._send(target, known[0] if known else "")
        headers = dict(response.headers)
        if response.status == 304 and known is not None:
            self._kept.move_to_end(target)
            return known[1]
        self._refuse(target, response.status, headers, payload)
        try:
            page = Page(orjson.loads(payload) if payload else None, headers)
        except orjson.JSONDecodeError:
            raise GeneratorFailed(f"{self.forge} at {self.base} does not answer with JSON: {target}") from None
        if headers.get("etag"):
            self._kept[target] = (headers["etag"], page)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return page

    async def _send(self, target: str, tag: str) -> tuple[Response, bytes]:
        wait_s = self._closed_until - self._clock.now()
        if wait_s > 0:
            raise self._limited()
        headers = {**self._headers, **({"if-none-match": tag} if tag else {})}
        for _ in range(MAX_REDIRECTS + 1):
            response, payload = await self._exchange(Request("GET", "", headers=headers, raw_target=target))
            place = dict(response.headers).get("location", "")
            if response.status not in (301, 302, 307, 308) or not place:
                return response, payload
            if not place.startswith(("/", f"{self._origin}/")):
                break
            target = place.removeprefix(self._origin)
        raise GeneratorFailed(f"{self.forge} at {self.base} redirects {target} elsewhere", fix="check `api` and the names")

    async def _exchange(self, request: Request) -> tuple[Response, bytes]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                response = await self._transport.send(request)
                return response, await response.read()
        except TimeoutError:
            raise GeneratorFailed(f"{self.forge} at {self.base} gave no answer within {TIMEOUT_S:g} s") from None
        except Unavailable as error:
            raise GeneratorFailed(f"{self.forge} at {self.base} cannot be reached: {error.message}") from None

    def _refuse(self, target: str, status: int, headers: Mapping[str, str], payload: bytes) -> None:
        """Raise what a status says."""
        if status < 300:
            return
        said = _said(payload)
        if status == 429 or (status in (403, 503) and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers)):
            self._closed_until = self._opens(headers)
            raise self._limited()
        where = f"{self.forge} at {self.base}"
        if status == 404:
            raise RepositoryMissing(
                f"{where} has no {target.partition('?')[0]}{said}", fix="check the names and the token's rights"
            )
        if status in (401, 403):
            raise GeneratorFailed(f"{where} refuses the credentials (status {status}){said}", fix="check the Secret of the token")
        raise GeneratorFailed(f"{where} answers {target.partition('?')[0]} with status {status}{said}")

    def _opens(self, headers: Mapping[str, str]) -> float:
        """Return when requests are taken again: after so many seconds, or at a moment."""
        now, after, at = self._clock.now(), headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
        if after.isdecimal():
            return now + int(after)
        reset = headers.get("ratelimit-reset", at)
        if reset.isdecimal():
            return max(float(reset), now + 1) if int(reset) > 1e6 else now + int(reset)
        try:
            return max(parse_rfc3339(at), now + 1)
        except ValueError:
            return now + PAUSE_S

    def _limited(self) -> GeneratorFailed:
        return GeneratorFailed(
            f"{self.forge} at {self.base} takes no more requests until {rfc3339(self._closed_until)}",
            fix="use a token, or raise requeueAfterSeconds",
        )


def _said(payload: bytes) -> str:
    try:
        tree = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return ""
    text = (tree.get("message") or tree.get("error") or "") if isinstance(tree, dict) else ""
    return f": {str(text)[:200]}" if text else ""


def _next_link(header: str) -> str:
    """Return the URL of the next page."""
    for part in header.split(","):
        url, _, rest = part.partition(";")
        if 'rel="next"' in rest:
            return url.strip().strip("<>")
    return ""
