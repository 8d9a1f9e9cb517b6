"""The public keys of one issuer: fetched through its discovery document, and again when a token names a key nobody knows.

Nothing waits for an issuer that is down: a failed or fresh fetch is not repeated within `RETRY_S`, so that tokens with made-up
key ids cannot make this server call anybody more often. Keys in use are fetched again every `REFRESH_S` in the background.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from urllib.parse import urlsplit

import orjson

from pilothouse.cluster.apiserver.authn.jws import Key, read_keys
from pilothouse.cluster.apiserver.authn.oidc.types import Issuer
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError, Unavailable
from pilothouse.wire.http.client import HttpTransport
from pilothouse.wire.http.messages import Request
from pilothouse.wire.kubeconfig import ClusterAccess

logger = logging.getLogger("pilothouse.authn")
RETRY_S = 10.0
REFRESH_S = 600.0
TIMEOUT_S = 10.0
MAX_ANSWER = 1024 * 1024
_WELL_KNOWN = "/.well-known/openid-configuration"


class KeySet:
    """Keys of one issuer, as new as they need to be."""

    def __init__(self, issuer: Issuer, clock: Clock, scope: TaskScope) -> None:
        """Fetch nothing yet; background fetches run in `scope`."""
        self._issuer, self._clock, self._scope = issuer, clock, scope
        self._keys: tuple[Key, ...] = ()
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    def start(self) -> None:
        """Begin to fetch in the background."""
        self._scope.spawn(self.refresh(), f"keys of {self._issuer.url}")

    async def candidates(self, key_id: str) -> list[Key]:
        """Return the keys a token with this key id may be signed with; empty when the issuer has none such."""
        found = self._matching(key_id)
        if not found:
            await self.refresh()
            return self._matching(key_id)
        if self._is_due(REFRESH_S):
            self._scope.spawn(self.refresh(REFRESH_S), f"keys of {self._issuer.url}")
        return found

    def _matching(self, key_id: str) -> list[Key]:
        return [key for key in self._keys if not key_id or key.key_id == key_id]

    def _is_due(self, pause_s: float) -> bool:
        return self._tried_at is None or self._clock.monotonic() - self._tried_at >= pause_s

    async def refresh(self, pause_s: float = RETRY_S) -> None:
        """Fetch the keys unless that was tried within `pause_s`; a failure leaves the keys there were."""
        async with self._lock:
            if not self._is_due(pause_s):
                return
            self._tried_at = self._clock.monotonic()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    self._keys = await self._fetch()
            except (PilothouseError, TimeoutError, ValueError, ssl.SSLError) as error:
                logger.warning(
                    "the keys of issuer %s cannot be fetched: %s",
                    self._issuer.url,
                    str(error.__cause__ or error) or "no answer in time",
                )

    async def _fetch(self) -> tuple[Key, ...]:
        issuer = self._issuer
        document = orjson.loads(await self._get(issuer.discovery_url or issuer.url.rstrip("/") + _WELL_KNOWN))
        if not isinstance(document, dict) or document.get("issuer") != issuer.url:
            raise ValueError(f"its discovery document does not name {issuer.url} as issuer")
        address = document.get("jwks_uri")
        if not isinstance(address, str) or not address.startswith("https://"):
            raise ValueError("its discovery document has no jwks_uri that begins with https://")
        return read_keys(await self._get(address))

    async def _get(self, url: str) -> bytes:
        parts = urlsplit(url)
        access = ClusterAccess(f"{parts.scheme}://{parts.netloc}")
        access.authority_pem = self._issuer.certificate_authority.encode()
        transport = HttpTransport(access, "kube-apiserver", max_body_bytes=MAX_ANSWER)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        try:
            answer = await transport.send(Request("GET", parts.path, headers={"accept": "application/json"}, raw_target=target))
            if answer.status != 200:
                raise Unavailable(f"{url} answered {answer.status}")
            return await answer.read()
        finally:
            await transport.close()
