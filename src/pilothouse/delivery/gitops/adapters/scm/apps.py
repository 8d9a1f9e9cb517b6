"""Tokens of GitHub Apps: a JWT that the App signs is exchanged for a token of its installation, which serves for an hour."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import orjson

from pilothouse.delivery.gitops.adapters.scm.http import Access, Api
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.clock import Clock, parse_rfc3339

APP, INSTALLATION, KEY = "githubAppID", "githubAppInstallationID", "githubAppPrivateKey"
VALID_S, EARLY_S = 540, 120.0


class AppTokens:
    """The tokens of installations, kept while they are good."""

    def __init__(self, clock: Clock) -> None:
        """Read the time from `clock`."""
        self._clock = clock
        self._kept: dict[tuple[str, str, str], tuple[float, str]] = {}

    async def token(self, base: str, name: str, data: Mapping[str, str] | None, access: Access) -> str:
        """Return the token of the App in the Secret `name`; raises `GeneratorFailed`."""
        missing = [key for key in (APP, INSTALLATION, KEY) if not (data or {}).get(key)]
        if data is None or missing:
            raise GeneratorFailed(
                f"Secret {name} is no GitHub App: {', '.join(missing)} not found", fix="write it as a repo-creds Secret"
            )
        kept_as = (base, data[APP].strip(), data[INSTALLATION].strip())
        until, token = self._kept.get(kept_as, (0.0, ""))
        if until - EARLY_S > self._clock.now():
            return token
        signed = Access((("authorization", f"Bearer {self._signed(name, data)}"),), access.ca, access.is_insecure)
        api = Api("github", base, signed, self._clock)
        try:
            answer = await api.post(f"/app/installations/{kept_as[2]}/access_tokens")
            found = str(answer["token"])
            self._kept[kept_as] = (parse_rfc3339(str(answer["expires_at"])), found)
        except (KeyError, TypeError, ValueError) as error:
            raise GeneratorFailed(f"github at {base} gives no token for the App of Secret {name}") from error
        finally:
            await api.close()
        return found

    def _signed(self, name: str, data: Mapping[str, str]) -> str:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        now = int(self._clock.now())
        claims = {"iat": now - 60, "exp": now + VALID_S, "iss": data[APP].strip()}
        text = b".".join(_encoded(orjson.dumps(part)) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        try:
            key = load_pem_private_key(data[KEY].encode(), None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise GeneratorFailed(
                f"{KEY} of Secret {name} is no RSA key in PEM", fix="paste the key that GitHub gave for the App"
            )
        return b".".join((text, _encoded(key.sign(text, padding.PKCS1v15(), hashes.SHA256())))).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
