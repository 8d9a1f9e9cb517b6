"""Signed tokens in compact form: taking them apart, and checking signatures with the public keys of an issuer.

Used for tokens of OpenID Connect issuers, whose keys come as a JSON Web Key Set, and for our own ServiceAccount tokens.
Pure: bytes in, claims out. Source: RFC 7515 (signatures), 7517 (keys), 7518 (algorithms). Refused on purpose: `none`, shared
secrets (HS*), header extensions (`crit`), RSA keys below 2048 bits.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

MAX_TOKEN = 16 * 1024
MAX_KEYS = 100
MIN_RSA_BITS = 2048
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_CURVE_OF = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class BadToken(ValueError):
    """A token cannot be read or its signature does not hold."""


class Token(msgspec.Struct, frozen=True):
    """A token taken apart; nothing in it is to be believed before `verify`."""

    algorithm: str
    key_id: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class Key(msgspec.Struct, frozen=True):
    """A public key of an issuer."""

    key_id: str
    algorithm: str
    """The only algorithm it is meant for; empty: any its type allows."""
    public: PublicKey


def b64(raw: bytes) -> str:
    """Encode as unpadded URL-safe base64."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode unpadded URL-safe base64, of which every character counts; raises ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(str(error)) from None


def parse(text: str) -> Token:
    """Take a token apart; raises `BadToken`."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > MAX_TOKEN:
        raise BadToken("not a signed token in compact form")
    try:
        head, claims, signature = orjson.loads(unb64(parts[0])), orjson.loads(unb64(parts[1])), unb64(parts[2])
    except ValueError as error:
        raise BadToken(f"malformed token: {error}") from None
    if not isinstance(head, dict) or not isinstance(claims, dict) or "crit" in head:
        raise BadToken("malformed token: header and claims must be objects, without critical extensions")
    algorithm, key_id = head.get("alg"), head.get("kid", "")
    if not isinstance(algorithm, str) or not isinstance(key_id, str):
        raise BadToken("malformed token: alg and kid must be texts")
    return Token(algorithm, key_id, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def is_signed_by(token: Token, key: Key) -> bool:
    """Whether the signature of a token is of this key, by the algorithm the token names."""
    if (key.algorithm and key.algorithm != token.algorithm) or token.algorithm not in ALGORITHMS:
        return False
    digest = _HASHES[token.algorithm[2:]]
    try:
        if isinstance(key.public, rsa.RSAPublicKey):
            return _check_rsa(key.public, token, digest)
        return _check_curve(key.public, token, digest)
    except InvalidSignature:
        return False


def _check_rsa(key: rsa.RSAPublicKey, token: Token, digest: hashes.HashAlgorithm) -> bool:
    if token.algorithm.startswith("RS"):
        key.verify(token.signature, token.signed, padding.PKCS1v15(), digest)
        return True
    if token.algorithm.startswith("PS"):
        key.verify(token.signature, token.signed, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return True
    return False


def _check_curve(key: ec.EllipticCurvePublicKey, token: Token, digest: hashes.HashAlgorithm) -> bool:
    size = (key.curve.key_size + 7) // 8
    if _CURVE_OF.get(token.algorithm) != key.curve.name or len(token.signature) != 2 * size:
        return False
    r, s = int.from_bytes(token.signature[:size], "big"), int.from_bytes(token.signature[size:], "big")
    key.verify(encode_dss_signature(r, s), token.signed, ec.ECDSA(digest))
    return True


def read_keys(raw: bytes) -> tuple[Key, ...]:
    """Return the usable keys of a JSON Web Key Set; keys of other kinds are left out. Raises ValueError for what is no set."""
    try:
        tree = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the key set is not JSON: {error}") from None
    listed = tree.get("keys") if isinstance(tree, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise ValueError(f"the key set must have a list `keys` of at most {MAX_KEYS}")
    found = [_key(entry) for entry in listed if isinstance(entry, dict)]
    return tuple(key for key in found if key is not None)


def _key(entry: dict[str, Any]) -> Key | None:
    key_id, algorithm = entry.get("kid", ""), entry.get("alg", "")
    if entry.get("use", "sig") != "sig" or not isinstance(key_id, str) or not isinstance(algorithm, str):
        return None
    try:
        public = _rsa_key(entry) if entry.get("kty") == "RSA" else _curve_key(entry) if entry.get("kty") == "EC" else None
    except (KeyError, TypeError, ValueError):
        return None
    return None if public is None else Key(key_id, algorithm, public)


def _number(text: str) -> int:
    return int.from_bytes(unb64(text), "big")


def _rsa_key(entry: dict[str, Any]) -> PublicKey | None:
    modulus = _number(entry["n"])
    if modulus.bit_length() < MIN_RSA_BITS:
        return None
    return rsa.RSAPublicNumbers(_number(entry["e"]), modulus).public_key()


def _curve_key(entry: dict[str, Any]) -> PublicKey:
    return ec.EllipticCurvePublicNumbers(_number(entry["x"]), _number(entry["y"]), _CURVES[entry["crv"]]).public_key()
