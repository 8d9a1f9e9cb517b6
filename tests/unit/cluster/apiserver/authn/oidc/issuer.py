"""A real OpenID Connect issuer for tests: HTTPS on a free port, a certificate of its own authority, keys that can change."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from typing import Any

import orjson

from pilothouse.wire import tls
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer
from tests.unit.cluster.apiserver.authn.signer import Signer


class LocalIssuer:
    """Serves a discovery document and a key set; counts who asked for what."""

    def __init__(self, directory: Path, *signers: Signer) -> None:
        self.signers = list(signers)
        self.asked: dict[str, int] = {}
        self.is_down = False
        self.claimed = ""
        """What the discovery document says the issuer is; the truth when empty."""
        self.authority = tls.create_authority("issuer-ca", time.time())
        pair = tls.issue(self.authority, "issuer", time.time(), names=("127.0.0.1", "localhost"), is_server=True)
        certificate, key = tls.write_pair(directory, "issuer", pair)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._edge = HttpServer(self._answer, tls=context)
        self.url = ""

    async def __aenter__(self) -> LocalIssuer:
        self.url = f"https://127.0.0.1:{await self._edge.start('127.0.0.1', 0)}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._edge.stop()

    @property
    def authority_pem(self) -> str:
        """What its certificate is verified with."""
        return self.authority.certificate_pem.decode()

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return claims of a good token, with changes; None removes one."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "kube", "sub": "jane", "exp": now + 600, "iat": now, **changes}
        return {key: value for key, value in claims.items() if value is not None}

    def token(self, **changes: Any) -> str:
        """Return a token of the first key."""
        signer = self.signers[0]
        return signer.sign(self.claims(**changes), "RS256" if signer.kind.startswith("rsa") else "ES256")

    async def _answer(self, request: Request) -> Response:
        await asyncio.sleep(0)
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        if self.is_down:
            return Response(503)
        if request.path == "/.well-known/openid-configuration":
            document = {"issuer": self.claimed or self.url, "jwks_uri": f"{self.url}/keys"}
            return Response(200, orjson.dumps(document))
        if request.path == "/keys":
            return Response(200, orjson.dumps({"keys": [signer.jwk() for signer in self.signers]}))
        return Response(404)
