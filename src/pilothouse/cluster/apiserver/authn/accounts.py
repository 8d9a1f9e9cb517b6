"""ServiceAccount tokens: this server signs them, believes them while what they are bound to exists, and publishes its key."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pilothouse.cluster.apiserver.authn.jws import BadToken, Key, Token, b64, is_signed_by
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import AUTHENTICATED, Obj, User
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.clock import parse_rfc3339
from pilothouse.wire.http.messages import Response

MAX_CACHED = 10_000
EARLY_S = 60.0
"""A token works this long before it is valid: clocks differ, and are set back."""
TRUSTED_S = 10.0
"""A token that was checked is not checked again for this long."""
DELETION_LEEWAY_S = 60.0
"""A token works this long after the deletion of what it is bound to began, while that still stops."""
_JWKS = "/openid/v1/jwks"


class Accounts:
    """Knows and makes tokens of ServiceAccounts."""

    def __init__(self, backend: Backend) -> None:
        """The signing key is made when it is first needed."""
        self.backend = backend
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._cache: dict[str, tuple[User, float]] = {}

    def start(self) -> None:
        """Forget remembered tokens when something they are bound to changes."""
        self.backend.cache.on_change.append(self._on_change)

    def _on_change(self, prefix: str, change: Change) -> None:
        if change[1] is None and prefix.startswith("/registry/core/"):
            self._cache.clear()

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The signing key."""
        if self._key is None:
            pem = self.backend.config.signing_key_pem
            if pem:
                loaded = serialization.load_pem_private_key(pem.encode(), None)
                assert isinstance(loaded, ec.EllipticCurvePrivateKey), "the signing key must be an EC key"
                self._key = loaded
            else:
                self._key = ec.generate_private_key(ec.SECP256R1())
        return self._key

    def key_id(self) -> str:
        """Return the id of the signing key."""
        return b64(hashlib.sha256(self.public_der()).digest())

    def public_der(self) -> bytes:
        """Return the public key."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.DER, form)

    def sign(self, claims: Obj) -> str:
        """Return a signed token."""
        head = b64(orjson.dumps({"alg": "ES256", "kid": self.key_id()}))
        body = f"{head}.{b64(orjson.dumps(claims))}"
        r, s = decode_dss_signature(self.key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{body}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def verify(self, token: Token) -> Obj:
        """Return the claims of a token this server signed; raises `BadToken`."""
        if not is_signed_by(token, Key("", "ES256", self.key.public_key())):
            raise BadToken("the signature is not of this server")
        return token.claims

    def known(self, text: str) -> User | None:
        """Return the user of a token for this server that was checked moments ago."""
        cached = self._cache.get(text)
        return cached[0] if cached is not None and self.backend.clock.monotonic() < cached[1] else None

    def user(self, text: str, token: Token) -> User:
        """Return the user of a token for this server; raises `BadToken`."""
        user, _ = self.review(token, (self.audience(),))
        left_s = float(token.claims["exp"]) - self.backend.clock.now()
        if len(self._cache) > MAX_CACHED:
            self._cache.clear()
        self._cache[text] = (user, self.backend.clock.monotonic() + min(left_s, TRUSTED_S))
        return user

    def review(self, token: Token, audiences: tuple[str, ...]) -> tuple[User, tuple[str, ...]]:
        """Return the user of a token and which of the audiences it is for; raises `BadToken`."""
        claims = self.verify(token)
        now, expires, begins = self.backend.clock.now(), claims.get("exp"), claims.get("nbf", 0)
        if not isinstance(expires, int | float) or now >= expires or now + EARLY_S < begins:
            raise BadToken("the token is expired or not valid yet")
        stated = claims.get("aud")
        given = stated if isinstance(stated, list) else [stated]
        shared = tuple(audience for audience in audiences if audience in given)
        if not shared:
            given_text, wanted = (orjson.dumps(list(names)).decode() for names in (given, audiences))
            raise BadToken(f"token audiences {given_text} is invalid for the target audiences {wanted}")
        self._check_bound(claims.get("kubernetes.io") or {}, now)
        return _account_user(claims), shared

    def audience(self) -> str:
        """Return the audience of the API server."""
        return self.backend.config.audience or self.backend.config.issuer

    def _check_bound(self, bound: Obj, now: float) -> None:
        """Raise `BadToken` unless everything the token is bound to is still there."""
        if "serviceaccount" not in bound:
            raise BadToken("the token names no ServiceAccount")
        for kind, plural in (("serviceaccount", "serviceaccounts"), ("pod", "pods"), ("secret", "secrets"), ("node", "nodes")):
            reference = bound.get(kind)
            if reference is None or (kind == "node" and "pod" in bound):  # the node of a Pod is told, the Pod is what counts
                continue
            namespace = "" if kind == "node" else bound.get("namespace", "")
            found = self.backend.look("", plural, namespace, reference.get("name", ""))
            if found is None or found["metadata"].get("uid") != reference.get("uid"):
                raise BadToken(f"the {kind} of the token is gone")
            stopping = found["metadata"].get("deletionTimestamp")
            if stopping and now > parse_rfc3339(stopping) + DELETION_LEEWAY_S:
                raise BadToken(f"the {kind} of the token is being deleted")

    def well_known(self, path: str) -> Response | None:
        """Answer the OpenID discovery documents."""
        if path == "/.well-known/openid-configuration":
            config = self.backend.config
            base = f"https://{config.advertise_address}:{config.advertise_port}"
            response = answer_tree(
                {
                    "issuer": config.issuer,
                    "jwks_uri": base + _JWKS,
                    "response_types_supported": ["id_token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                }
            )
            response.headers = [("cache-control", "public, max-age=3600")]
            return response
        if path != _JWKS:
            return None
        numbers = self.key.public_key().public_numbers()
        key: dict[str, Any] = {
            "use": "sig", "kty": "EC", "kid": self.key_id(), "crv": "P-256", "alg": "ES256",
            "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big")),
        }  # fmt: skip
        return Response(
            200, orjson.dumps({"keys": [key]}), [("cache-control", "public, max-age=3600")], "application/jwk-set+json"
        )


def _account_user(claims: Obj) -> User:
    bound = claims.get("kubernetes.io") or {}
    account = bound.get("serviceaccount") or {}
    namespace, name = bound.get("namespace", ""), account.get("name", "")
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    extra: list[tuple[str, tuple[str, ...]]] = []
    for kind in ("pod", "node"):
        reference = bound.get(kind)
        if reference:
            for field in ("name", "uid"):
                if reference.get(field):
                    extra.append((f"authentication.kubernetes.io/{kind}-{field}", (reference[field],)))
    if claims.get("jti"):
        extra.append(("authentication.kubernetes.io/credential-id", (f"JTI={claims['jti']}",)))
    return User(f"system:serviceaccount:{namespace}:{name}", account.get("uid", ""), groups, tuple(extra))
