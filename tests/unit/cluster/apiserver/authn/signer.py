"""A key that signs tokens as an issuer does."""

from __future__ import annotations

from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pilothouse.cluster.apiserver.authn.jws import b64

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


class Signer:
    """One key of an issuer: `rsa`, `rsa1024` or a curve."""

    def __init__(self, kind: str, key_id: str) -> None:
        self.kind, self.key_id = kind, key_id
        # A weak key is there to be refused.
        bits = 1024 if kind == "rsa1024" else 2048
        self.key: Any = ec.generate_private_key(_CURVES[kind]) if kind in _CURVES else rsa.generate_private_key(65537, bits)

    def jwk(self) -> dict[str, str]:
        """Return the public key as sets list it."""
        numbers = self.key.public_key().public_numbers()
        if self.kind not in _CURVES:
            return {"kty": "RSA", "kid": self.key_id, "use": "sig", "n": _number(numbers.n), "e": _number(numbers.e)}
        size = (self.key.key_size + 7) // 8
        x, y = (b64(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "kid": self.key_id, "crv": self.kind, "x": x, "y": y}

    def sign(self, claims: dict[str, Any], algorithm: str = "RS256", header: dict[str, Any] | None = None) -> str:
        """Return a token; `header` replaces fields of what it says about itself."""
        head = {"alg": algorithm, "kid": self.key_id, **(header or {})}
        body = f"{b64(orjson.dumps(head))}.{b64(orjson.dumps(claims))}"
        return f"{body}.{b64(self._signature(body.encode(), algorithm))}"

    def _signature(self, body: bytes, algorithm: str) -> bytes:
        digest = _HASHES[algorithm[2:]]
        if algorithm.startswith("RS"):
            return self.key.sign(body, padding.PKCS1v15(), digest)  # type: ignore[no-any-return]
        if algorithm.startswith("PS"):
            return self.key.sign(body, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)  # type: ignore[no-any-return]
        size = (self.key.key_size + 7) // 8
        r, s = decode_dss_signature(self.key.sign(body, ec.ECDSA(digest)))
        return bytes(r.to_bytes(size, "big") + s.to_bytes(size, "big"))


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))
