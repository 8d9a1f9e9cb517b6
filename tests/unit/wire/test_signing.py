"""Certificates signed for requests."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pilothouse.wire.signing import BadRequestPem, Wanted, expires_at, read_request, sign_request
from pilothouse.wire.tls import create_authority

NOW = 1_800_000_000.0
AUTHORITY = create_authority("ca", NOW)


def request(common_name: str = "ada", groups: tuple[str, ...] = (), names: tuple[x509.GeneralName, ...] = ()) -> bytes:
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def test_what_a_request_asks_for_is_read() -> None:
    names = (x509.DNSName("a.example"), x509.RFC822Name("a@example.com"), x509.UniformResourceIdentifier("spiffe://a"))
    assert read_request(request("ada", ("devs", "ops"), names)) == Wanted(
        "ada", ("devs", "ops"), ("a.example",), (), ("a@example.com",), ("spiffe://a",)
    )
    assert read_request(request()) == Wanted("ada", ())


def test_a_certificate_says_what_was_asked_and_never_more_than_the_usages() -> None:
    pem = request("ada", ("devs",), (x509.DNSName("a.example"),))
    signed = x509.load_pem_x509_certificate(
        sign_request(AUTHORITY, pem, ("digital signature", "client auth", "decipher only", "client auth"), NOW, 3600)
    )
    signed.verify_directly_issued_by(x509.load_pem_x509_certificate(AUTHORITY.certificate_pem))
    assert signed.subject.rfc4514_string() == "CN=ada,O=devs"
    assert signed.not_valid_after_utc.timestamp() == NOW + 3600
    assert signed.not_valid_before_utc.timestamp() == NOW - 300
    extensions = signed.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False, "whatever the request says"
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign and not usage.key_encipherment
    assert extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == [
        "a.example"
    ]


def test_no_certificate_outlives_its_authority() -> None:
    signed = sign_request(AUTHORITY, request(), ("client auth",), NOW, 1e10)
    assert expires_at(signed) == expires_at(AUTHORITY.certificate_pem)


@pytest.mark.parametrize("pem", [b"", b"nonsense", AUTHORITY.certificate_pem, AUTHORITY.key_pem])
def test_what_is_no_request_is_refused(pem: bytes) -> None:
    for read in (read_request, lambda each: sign_request(AUTHORITY, each, (), NOW, 60)):
        with pytest.raises(BadRequestPem, match="cannot be read"):
            read(pem)


def test_a_request_that_somebody_changed_is_refused() -> None:
    der = bytearray(x509.load_pem_x509_csr(request("ada")).public_bytes(serialization.Encoding.DER))
    at = der.find(b"ada")
    der[at : at + 3] = b"eve"
    changed = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(BadRequestPem, match="not signed with its own key"):
        sign_request(AUTHORITY, changed, ("client auth",), NOW, 60)
