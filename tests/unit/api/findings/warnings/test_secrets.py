"""Pairs that servers could not load."""

from __future__ import annotations

import base64
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pilothouse.api.findings.warnings.secrets import secret_warnings


def _pair() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    day = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day + datetime.timedelta(1))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    forms = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return certificate, key.private_bytes(*forms)


CERTIFICATE, KEY = _pair()
OTHER = _pair()[1]
ODD = b"-----BEGIN ODD-----\nAA==\n-----END ODD-----\n"


@pytest.mark.parametrize(
    ("certificate", "key", "texts"),
    [
        (CERTIFICATE, KEY, []),
        (b"", KEY, ["tls: failed to find any PEM data in certificate input"]),
        (CERTIFICATE, b"x", ["tls: failed to find any PEM data in key input"]),
        (KEY, CERTIFICATE, [
            ("tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have "
            "been switched")]),
        (CERTIFICATE, CERTIFICATE, ["tls: found a certificate rather than a key in the PEM for the private key"]),
        (ODD, KEY, [
            ('tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: '
            "[ODD]")]),
        (CERTIFICATE, OTHER, ["tls: private key does not match public key"]),
        (CERTIFICATE, KEY.replace(b"M", b"N"), ["tls: failed to parse private key"]),
    ],
)  # fmt: skip
def test_pairs(certificate: bytes, key: bytes, texts: list[str]) -> None:
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(key).decode()}
    assert list(secret_warnings({"type": "kubernetes.io/tls", "data": data})) == texts
    assert list(secret_warnings({"type": "Opaque", "data": data})) == []
