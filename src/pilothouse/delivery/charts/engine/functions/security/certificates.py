"""sprig's private keys and certificates, made with `cryptography`. A render may make a limited number of keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.charts.engine.execution.faults import FunctionError
from pilothouse.delivery.charts.engine.functions.convert import strval
from pilothouse.delivery.charts.engine.functions.encoding import decode_base64
from pilothouse.delivery.charts.engine.functions.security.costs import Costs
from pilothouse.delivery.charts.engine.functions.security.keys import Keys
from pilothouse.delivery.charts.engine.values.kinds import GoObject

if TYPE_CHECKING:
    from pilothouse.kit.clock import Entropy


class Certificate(GoObject):
    """What genCA and its relatives return: `.Cert` and `.Key` in PEM."""

    go_type = "sprig.certificate"

    def __init__(self, cert: str, key: str) -> None:
        self.cert = cert
        self.key = key

    def go_fields(self) -> Mapping[str, Any]:
        """Return the two fields."""
        return {"Cert": self.cert, "Key": self.key}


def _texts(value: Any, what: str) -> list[str]:
    out: list[str] = []
    for item in value or []:
        if not isinstance(item, str):
            raise FunctionError(
                f"error parsing {what}: {strval(item)} is not a string"
                if what == "ip"
                else (f"error processing alternate dns name: {strval(item)} is not a string")
            )
        out.append(item)
    return out


class Authority:
    """Makes keys and certificates at one time, within one budget."""

    def __init__(self, now_s: float, entropy: Entropy, costs: Costs) -> None:
        self.now = datetime.fromtimestamp(int(now_s), UTC)
        self.entropy = entropy
        self.keys = Keys(entropy, costs)

    def private_key(self, kind: str) -> str:
        """genPrivateKey."""
        from cryptography.hazmat.primitives import serialization as ser

        key = self.keys.of(kind or "rsa", 4096)
        if key is None:
            return "Unknown type " + kind
        form = ser.PrivateFormat.PKCS8 if kind == "ed25519" else ser.PrivateFormat.TraditionalOpenSSL
        return str(key.private_bytes(ser.Encoding.PEM, form, ser.NoEncryption()).decode())

    def _builder(self, name: str, ips: Any, dns: Any, days: int) -> Any:
        import ipaddress

        from cryptography import x509
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        names: list[Any] = [x509.DNSName(d) for d in _texts(dns, "dns")]
        for text in _texts(ips, "ip"):
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(text)))
            except ValueError:
                raise FunctionError(f"error parsing ip: {text}") from None
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
        serial = int.from_bytes(self.entropy.token_bytes(16), "big") >> 1 or 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .serial_number(serial)
            .not_valid_before(self.now)
            .not_valid_after(self.now + timedelta(days=days))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        )
        return builder.add_extension(x509.SubjectAlternativeName(names), False) if names else builder

    def _sign(self, builder: Any, key: Any, issuer: Any, issuer_key: Any, is_ca: bool) -> Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives import serialization as ser
        from cryptography.hazmat.primitives.asymmetric import ec

        usage = x509.KeyUsage(True, False, True, False, False, is_ca, False, False, False)
        builder = builder.add_extension(usage, True).add_extension(x509.BasicConstraints(is_ca, None), True)
        if is_ca:
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        builder = builder.public_key(key.public_key()).issuer_name(issuer)
        name = type(issuer_key).__name__
        is_curve = isinstance(issuer_key, ec.EllipticCurvePrivateKey)
        repeatable = {"ecdsa_deterministic": True} if self.entropy.is_seeded and is_curve else {}
        certificate = builder.sign(issuer_key, None if "Ed25519" in name else hashes.SHA256(), **repeatable)
        pem = certificate.public_bytes(ser.Encoding.PEM).decode()
        form = ser.PrivateFormat.PKCS8 if "Ed25519" in type(key).__name__ else ser.PrivateFormat.TraditionalOpenSSL
        return Certificate(pem, key.private_bytes(ser.Encoding.PEM, form, ser.NoEncryption()).decode())

    def _given_key(self, pem: str) -> Any:
        from cryptography.hazmat.primitives import serialization as ser

        if "-----BEGIN" not in pem:
            raise FunctionError("parsing private key: no PEM data in input")
        try:
            return ser.load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError) as error:
            raise FunctionError(f"error parsing private key: {error}") from None

    def ca(self, name: str, days: int, key: str | None = None) -> Certificate:
        """genCA and genCAWithKey."""
        private = self.keys.of("rsa") if key is None else self._given_key(key)
        builder = self._builder(name, None, None, days)
        return self._sign(builder, private, builder._subject_name, private, True)

    def self_signed(self, name: str, ips: Any, dns: Any, days: int, key: str | None = None) -> Certificate:
        """genSelfSignedCert and genSelfSignedCertWithKey."""
        builder = self._builder(name, ips, dns, days)
        private = self.keys.of("rsa") if key is None else self._given_key(key)
        return self._sign(builder, private, builder._subject_name, private, False)

    def signed(self, name: str, ips: Any, dns: Any, days: int, ca: Certificate, key: str | None = None) -> Certificate:
        """genSignedCert and genSignedCertWithKey."""
        from cryptography import x509

        builder = self._builder(name, ips, dns, days)
        try:
            issuer = x509.load_pem_x509_certificate(ca.cert.encode())
        except ValueError:
            raise FunctionError("unable to decode certificate") from None
        private = self.keys.of("rsa") if key is None else self._given_key(key)
        return self._sign(builder, private, issuer.subject, self._given_key(ca.key), False)


def _custom(cert: str, key: str) -> Certificate:
    from cryptography import x509

    try:
        pem = decode_base64(cert).decode("utf-8", "surrogateescape")
    except FunctionError:
        raise FunctionError("unable to decode base64 certificate") from None
    try:
        private = decode_base64(key).decode("utf-8", "surrogateescape")
    except FunctionError:
        raise FunctionError("unable to decode base64 private key") from None
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise FunctionError("unable to decode certificate") from None
    if "-----BEGIN" not in private:
        raise FunctionError("unable to decode private key")
    return Certificate(pem, private)


def table(now_s: float, entropy: Entropy, costs: Costs) -> tuple[tuple[str, str, Any], ...]:
    """Return the certificate functions at the time `now_s`."""
    make = Authority(now_s, entropy, costs)
    return (
        ("genPrivateKey", "string -> string", make.private_key),
        ("genCA", "string, int -> sprig.certificate", make.ca),
        ("genCAWithKey", "string, int, string -> sprig.certificate", make.ca),
        ("genSelfSignedCert", "string, list, list, int -> sprig.certificate", make.self_signed),
        ("genSelfSignedCertWithKey", "string, list, list, int, string -> sprig.certificate", make.self_signed),
        ("genSignedCert", "string, list, list, int, sprig.certificate -> sprig.certificate", make.signed),
        (
            "genSignedCertWithKey",
            "string, list, list, int, sprig.certificate, string -> sprig.certificate",
            make.signed,
        ),
        ("buildCustomCert", "string, string -> sprig.certificate", _custom),
    )
