"""Bearer tokens: which user a token stands for, whatever kind of token it is.

Asked by authentication for every request with a token, and by TokenReviews. Sources in the order of the reference server: static
tokens, ServiceAccount tokens of this server, bootstrap tokens, tokens of trusted issuers. A token for somebody else's audience is
no token here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pilothouse.cluster.apiserver.authn.accounts import Accounts
from pilothouse.cluster.apiserver.authn.bootstrap import bootstrap_user
from pilothouse.cluster.apiserver.authn.jws import BadToken, Token, parse
from pilothouse.cluster.apiserver.authn.oidc.types import TrustedIssuer
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import AUTHENTICATED, User

if TYPE_CHECKING:
    from pilothouse.cluster.apiserver.authn.oidc.issuers import Issuers

logger = logging.getLogger("pilothouse.authn")


class Tokens:
    """All sources of tokens."""

    def __init__(self, backend: Backend, trusted: tuple[TrustedIssuer, ...] = ()) -> None:
        """Read the static tokens of the configuration; `trusted` are the issuers whose tokens are believed."""
        self.backend = backend
        self._trusted = trusted
        self.accounts = Accounts(backend)
        self._static: dict[str, User] = {
            token: User(name, uid, (*groups, AUTHENTICATED)) for token, (name, uid, groups) in backend.config.tokens.items()
        }

        self._issuers: Issuers | None = None

    def start(self) -> None:
        """Follow what tokens are bound to, and fetch the keys of trusted issuers."""
        self.accounts.start()
        if self._trusted:
            from pilothouse.cluster.apiserver.authn.oidc.issuers import Issuers  # with the expression language: only when used

            self._issuers = Issuers(self._trusted, self.backend.clock)
            self._issuers.start()

    async def stop(self) -> None:
        """End background work; safe to call twice."""
        if self._issuers is not None:
            await self._issuers.stop()

    async def user(self, text: str) -> User | None:
        """Return the user of a token for this server, None when nobody knows it."""
        user = self._static.get(text) or self.accounts.known(text) or bootstrap_user(self.backend, text)
        if user is not None:
            return user
        try:
            token = parse(text)
            if self._is_ours(token):
                return self.accounts.user(text, token)
            return None if self._issuers is None else await self._issuers.user(token)
        except BadToken as error:
            logger.debug("a token was refused: %s", error)
            return None

    async def review(self, text: str, audiences: tuple[str, ...]) -> tuple[User, tuple[str, ...]]:
        """Return the user of a token and which of the audiences it is for; raises `BadToken` with the reason."""
        own = self.accounts.audience()
        wanted = audiences or (own,)
        token = _parsed(text)
        if token is not None and self._is_ours(token):
            return self.accounts.review(token, wanted)
        user = await self.user(text) if own in wanted else None
        if user is None:
            raise BadToken("")
        return user, (own,)

    def _is_ours(self, token: Token) -> bool:
        return token.claims.get("iss") == self.backend.config.issuer


def _parsed(text: str) -> Token | None:
    try:
        return parse(text)
    except BadToken:
        return None
