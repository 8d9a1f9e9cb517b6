"""Warnings about Secrets of TLS: a certificate and a key that servers could not load."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BLOCK = re.compile(rb"-----BEGIN ([^-\n]+)-----\n.*?-----END \1-----", re.DOTALL)
_SWITCHED = "but did find a private key; PEM inputs may have been switched"
_SKIPPED = "after skipping PEM blocks of the following types:"


def secret_warnings(secret: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a server would say that loads the pair."""
    if secret.get("type") != "kubernetes.io/tls":
        return
    data = secret.get("data") or {}
    why = _unloadable(*(base64.b64decode(data.get(name) or "") for name in ("tls.crt", "tls.key")))
    if why:
        yield f"tls: {why}"


def _unloadable(certificate: bytes, key: bytes) -> str:
    kinds = [match[1].decode("latin-1") for match in _BLOCK.finditer(certificate)]
    if "CERTIFICATE" not in kinds:
        if not kinds:
            return "failed to find any PEM data in certificate input"
        if len(kinds) == 1 and kinds[0].endswith("PRIVATE KEY"):
            return f"failed to find certificate PEM data in certificate input, {_SWITCHED}"
        return f'failed to find "CERTIFICATE" PEM block in certificate input {_SKIPPED} {_go(kinds)}'
    kinds = [match[1].decode("latin-1") for match in _BLOCK.finditer(key)]
    if not any(kind.endswith("PRIVATE KEY") for kind in kinds):
        if not kinds:
            return "failed to find any PEM data in key input"
        if kinds == ["CERTIFICATE"]:
            return "found a certificate rather than a key in the PEM for the private key"
        return f'failed to find PEM block with type ending in "PRIVATE KEY" in key input {_SKIPPED} {_go(kinds)}'
    return _mismatch(certificate, key)


def _go(kinds: list[str]) -> str:
    return f"[{' '.join(kinds)}]"


def _mismatch(certificate: bytes, key: bytes) -> str:
    from cryptography import x509  # costs more than the whole request, and only TLS Secrets need it
    from cryptography.hazmat.primitives import serialization

    try:
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except ValueError:
        return ""  # which of the parser's many complaints it is cannot be told
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError):
        return "failed to parse private key"
    forms = [
        half.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        for half in (public, private.public_key())
    ]
    if type(public) is not type(private.public_key()):
        return "private key type does not match public key type"
    return "" if forms[0] == forms[1] else "private key does not match public key"
