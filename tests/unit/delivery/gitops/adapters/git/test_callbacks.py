"""Which server certificates are believed."""

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pilothouse.delivery.gitops.adapters.git.callbacks import is_trusted
from pilothouse.wire.tls import create_authority, issue

NOW = 1_750_000_000.0


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


def test_only_for_its_host_its_time_and_its_authority() -> None:
    authority = create_authority("a", NOW)
    pair = issue(authority, "git", NOW, names=("git.example.com", "*.wild.example.com", "10.0.0.1"), is_server=True)
    leaf, ca = der(pair.certificate_pem), authority.certificate_pem.decode()
    for host in ("git.example.com", "GIT.example.com.", "x.wild.example.com", "10.0.0.1"):
        assert is_trusted(leaf, host, ca, NOW), host
    for host in ("example.com", "y.x.wild.example.com", "10.0.0.2", ""):
        assert not is_trusted(leaf, host, ca, NOW), host
    assert not is_trusted(leaf, "git.example.com", ca, NOW + 100 * 365 * 86400)
    assert not is_trusted(leaf, "git.example.com", create_authority("a", NOW).certificate_pem.decode(), NOW)
    assert is_trusted(leaf, "git.example.com", pair.certificate_pem.decode(), NOW), "the certificate itself is trusted"
    other = issue(authority, "other", NOW, names=("o",), is_server=True)
    assert not is_trusted(leaf, "git.example.com", other.certificate_pem.decode(), NOW), "a leaf signs nothing"
    assert not is_trusted(b"nonsense", "h", ca, NOW) and not is_trusted(leaf, "git.example.com", "nonsense", NOW)
