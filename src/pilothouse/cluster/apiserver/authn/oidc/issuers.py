"""All trusted issuers: which one a token is of, whether it holds, and whom it stands for.

Called by `tokens` for what is neither a static nor a ServiceAccount token. Fails closed: no keys, an unknown key, another
algorithm, a missing expiry or an audience of somebody else is a refusal, with the reason in the log of the server only.
"""

from __future__ import annotations

from typing import Any

from pilothouse.cluster.apiserver.authn.jws import BadToken, Token, is_signed_by
from pilothouse.cluster.apiserver.authn.oidc.claims import ClaimMapper
from pilothouse.cluster.apiserver.authn.oidc.keys import KeySet
from pilothouse.cluster.apiserver.authn.oidc.types import TrustedIssuer
from pilothouse.cluster.apiserver.context import User
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock

NOT_BEFORE_LEEWAY_S = 300.0
"""How far the clock of an issuer may be ahead."""


class _Trusted:
    def __init__(self, trusted: TrustedIssuer, clock: Clock, scope: TaskScope) -> None:
        self.audiences = frozenset(trusted.spec.issuer.audiences)
        self.algorithms = frozenset(trusted.algorithms)
        self.keys = KeySet(trusted.spec.issuer, clock, scope)
        self.mapper = ClaimMapper(trusted.spec)


class Issuers:
    """The issuers of a configuration."""

    def __init__(self, trusted: tuple[TrustedIssuer, ...], clock: Clock) -> None:
        """Prepare; nothing is fetched before `start`."""
        self._clock = clock
        self._scope = TaskScope("issuers")
        self._issuers = {entry.spec.issuer.url: _Trusted(entry, clock, self._scope) for entry in trusted}

    def start(self) -> None:
        """Begin to fetch keys."""
        for issuer in self._issuers.values():
            issuer.keys.start()

    async def stop(self) -> None:
        """End fetches under way."""
        await self._scope.close()

    async def user(self, token: Token) -> User:
        """Return the user of a token; raises `BadToken`."""
        named = token.claims.get("iss")
        issuer = self._issuers.get(named) if isinstance(named, str) else None
        if issuer is None:
            raise BadToken("")
        if token.algorithm not in issuer.algorithms:
            raise BadToken(f"the token is signed with {token.algorithm}, which is not accepted from {named}")
        if not any(is_signed_by(token, key) for key in await issuer.keys.candidates(token.key_id)):
            raise BadToken(f"no key of {named} made the signature")
        self._check_times(token.claims)
        stated = token.claims.get("aud")
        if not issuer.audiences & {entry for entry in _listed(stated) if isinstance(entry, str)}:
            raise BadToken(f"the token is for the audience {stated}")
        return issuer.mapper.user(token.claims)

    def _check_times(self, claims: dict[str, Any]) -> None:
        now, expires, begins = self._clock.now(), claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires, int | float) or now >= expires:
            raise BadToken("the token is expired, or says not when it does")
        if not isinstance(begins, int | float) or now + NOT_BEFORE_LEEWAY_S < begins:
            raise BadToken("the token is not valid yet")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
