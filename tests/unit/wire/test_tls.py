"""Certificates: what they say, and that private keys stay private."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from pilothouse.wire import tls

NOW = 1_767_225_600.0


def test_issued_certificates() -> None:
    authority = tls.create_authority("ca", NOW)
    server = tls.issue(authority, "api", NOW, names=("127.0.0.1", "api.local"), is_server=True)
    client = tls.issue(authority, "jane", NOW, organizations=("dev", "qa"))
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    for pair in (server, client):
        certificate = x509.load_pem_x509_certificate(pair.certificate_pem)
        certificate.verify_directly_issued_by(issuer)
    names = x509.load_pem_x509_certificate(server.certificate_pem).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["api.local"]
    subject = x509.load_pem_x509_certificate(client.certificate_pem).subject
    assert [a.value for a in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["dev", "qa"]
    assert not tls.expires_within(server, NOW, 30)
    assert tls.expires_within(server, NOW + 340 * 86_400, 30)


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    authority = tls.create_authority("ca", NOW)
    for pair in (authority, tls.issue(authority, "api", NOW, is_server=True), tls.issue(authority, "jane", NOW)):
        certificate = x509.load_pem_x509_certificate(pair.certificate_pem)
        assert certificate.not_valid_before_utc.timestamp() <= NOW - 86_400 < certificate.not_valid_after_utc.timestamp()


def test_files(tmp_path: Path) -> None:
    pair = tls.create_authority("ca", NOW)
    _, key = tls.write_pair(tmp_path / "pki", "ca", pair)
    assert key.stat().st_mode & 0o777 == 0o600
    assert tls.read_pair(tmp_path / "pki", "ca") == pair
    assert tls.read_pair(tmp_path, "none") is None
