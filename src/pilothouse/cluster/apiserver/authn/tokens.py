"""Bearer tokens: static ones from the configuration, and ServiceAccount tokens this server signs itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj, User
from pilothouse.cluster.apiserver.http.respond import answer_tree
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.wire.http.messages import Response

AUTHENTICATED = "system:authenticated"
MAX_CACHED = 10_000
MAX_TOKEN = 16 * 1024
_JWKS = "/openid/v1/jwks"


def b64(raw: bytes) -> str:
    """Encode as unpadded URL-safe base64."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode unpadded URL-safe base64; raises ValueError."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError(str(error)) from None


class Tokens:
    """Knows and makes tokens."""

    def __init__(self, backend: Backend) -> None:
        """Read the static tokens; the signing key is made when it is first needed."""
        self.backend = backend
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._cache: dict[str, tuple[User, float]] = {}
        self._static: dict[str, User] = {
            token: User(name, uid, (*groups, AUTHENTICATED)) for token, (name, uid, groups) in backend.config.tokens.items()
        }

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

    def verify(self, token: str) -> Obj | None:
        """Return the claims of a token this server signed, or None."""
        parts = token.split(".")
        if len(parts) != 3 or len(token) > MAX_TOKEN:
            return None
        try:
            head, claims, raw = orjson.loads(unb64(parts[0])), orjson.loads(unb64(parts[1])), unb64(parts[2])
            if head.get("alg") != "ES256" or len(raw) != 64:
                return None
            signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            signed = f"{parts[0]}.{parts[1]}".encode()
            self.key.public_key().verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        except (ValueError, AttributeError, InvalidSignature):
            return None
        return claims if isinstance(claims, dict) else None

    def user(self, token: str, audiences: tuple[str, ...] = ()) -> User | None:
        """Return the user of a bearer token, or None."""
        static = self._static.get(token)
        if static is not None:
            return static
        now = self.backend.clock.now()
        cached = self._cache.get(token) if not audiences else None
        if cached is not None and now < cached[1]:
            return cached[0]
        claims = self.verify(token)
        if claims is None or not self._is_valid(claims, now, audiences or (self.audience(),)):
            return None
        user = _account_user(claims)
        if not audiences and user is not None:
            if len(self._cache) > MAX_CACHED:
                self._cache.clear()
            self._cache[token] = (user, min(float(claims.get("exp", 0)), now + 10.0))
        return user

    def audience(self) -> str:
        """Return the audience of the API server."""
        return self.backend.config.audience or self.backend.config.issuer

    def _is_valid(self, claims: Obj, now: float, audiences: tuple[str, ...]) -> bool:
        if claims.get("iss") != self.backend.config.issuer or now >= claims.get("exp", 0) or now + 1 < claims.get("nbf", 0):
            return False
        stated = claims.get("aud")
        if not set(stated if isinstance(stated, list) else [stated]) & set(audiences):
            return False
        bound = claims.get("kubernetes.io") or {}
        namespace = bound.get("namespace", "")
        for kind, plural in (("serviceaccount", "serviceaccounts"), ("pod", "pods"), ("secret", "secrets")):
            reference = bound.get(kind)
            if reference is None:
                continue
            found = self.backend.look("", plural, namespace, reference.get("name", ""))
            if found is None or found["metadata"].get("uid") != reference.get("uid"):
                return False
        return "serviceaccount" in bound

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


def _account_user(claims: Obj) -> User | None:
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
