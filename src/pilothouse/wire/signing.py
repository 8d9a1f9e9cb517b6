"""Signs certificate requests with the platform's authority, and reads what a request asks for.

Called by the controller of CertificateSigningRequests. Usages are named as in certificates.k8s.io/v1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilothouse.kit.errors import Invalid
from pilothouse.wire.tls import KeyPair

BACKDATE_S = 300
"""A certificate begins to be valid a moment before it is made: clocks differ."""
_KEY_USAGES = {
    "signing": "digital_signature", "digital signature": "digital_signature", "content commitment": "content_commitment",
    "key encipherment": "key_encipherment", "key agreement": "key_agreement", "data encipherment": "data_encipherment",
    "cert sign": "key_cert_sign", "crl sign": "crl_sign", "encipher only": "encipher_only", "decipher only": "decipher_only",
}  # fmt: skip
_EXTENDED = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH, "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION, "s/mime": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING, "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
    "ipsec end system": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5"), "ipsec tunnel": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
    "ipsec user": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.7"), "microsoft sgc": x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
    "netscape sgc": x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
}  # fmt: skip


class BadRequestPem(Invalid):
    """A certificate request that cannot be signed."""

    reason = "BadCertificateRequest"


class Wanted(msgspec.Struct, frozen=True):
    """What a certificate request asks for."""

    common_name: str
    organizations: tuple[str, ...]
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()


def read_request(pem: bytes) -> Wanted:
    """Return what a PEM request asks for; raises `BadRequestPem`."""
    request = _load(pem)
    names = _alternative_names(request)
    common = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    groups = request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Wanted(
        str(common[-1].value) if common else "",
        tuple(str(group.value) for group in groups),
        tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        tuple(str(address) for address in names.get_values_for_type(x509.IPAddress)) if names else (),
        tuple(names.get_values_for_type(x509.RFC822Name)) if names else (),
        tuple(names.get_values_for_type(x509.UniformResourceIdentifier)) if names else (),
    )


def sign_request(authority: KeyPair, pem: bytes, usages: tuple[str, ...], now: float, lifetime_s: float) -> bytes:
    """Return a PEM certificate for a request, valid for `lifetime_s` seconds but not longer than the authority.

    Raises `BadRequestPem` for a request that is damaged or not signed with its own key.
    """
    request = _load(pem)
    if not request.is_signature_valid:
        raise BadRequestPem("the certificate request is not signed with its own key")
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    key = serialization.load_pem_private_key(authority.key_pem, None)
    start = datetime.fromtimestamp(now - BACKDATE_S, UTC)
    end = min(datetime.fromtimestamp(now, UTC) + timedelta(seconds=lifetime_s), issuer.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(issuer.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, is_critical in _extensions(request, issuer, usages):
        builder = builder.add_extension(extension, critical=is_critical)
    assert isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def expires_at(certificate_pem: bytes) -> float:
    """Return when the first certificate of a PEM text ends, seconds since 1970; raises ValueError."""
    return x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc.timestamp()


def _load(pem: bytes) -> x509.CertificateSigningRequest:
    try:
        request = x509.load_pem_x509_csr(pem)
        request.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadRequestPem(f"the certificate request cannot be read: {error}") from None
    return request


def _alternative_names(request: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    except ValueError as error:
        raise BadRequestPem(f"the certificate request has extensions that cannot be read: {error}") from None


def _extensions(
    request: x509.CertificateSigningRequest, issuer: x509.Certificate, usages: tuple[str, ...]
) -> list[tuple[x509.ExtensionType, bool]]:
    """Return what the certificate says besides its names; of the request only the alternative names count."""
    flags = dict.fromkeys(_KEY_USAGES.values(), False)
    flags |= {_KEY_USAGES[usage]: True for usage in usages if usage in _KEY_USAGES}
    if not flags["key_agreement"]:
        flags |= {"encipher_only": False, "decipher_only": False}
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
    ]
    if any(flags.values()):
        found.append((x509.KeyUsage(**flags), True))
    extended = list(dict.fromkeys(_EXTENDED[usage] for usage in usages if usage in _EXTENDED))
    if extended:
        found.append((x509.ExtendedKeyUsage(extended), False))
    names = _alternative_names(request)
    if names is not None:
        found.append((names, False))
    return found
