"""Rules of CertificateSigningRequests, of the group certificates.k8s.io."""

from __future__ import annotations

import base64
import binascii
import re

from pilothouse.api.findings import Verbatim, duplicate, forbidden, invalid, required, too_long, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj

MIN_DURATION_S = 600
_DECISIONS = ("Approved", "Denied", "Failed")
_STATUSES = ("False", "True", "Unknown")
_LEGACY = "kubernetes.io/legacy-unknown"
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE REQUEST-----\n.*?-----END CERTIFICATE REQUEST-----", re.DOTALL)
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
)  # fmt: skip


def signing_request(obj: Obj) -> Findings:
    """A new CertificateSigningRequest."""
    spec = obj["spec"]
    out: Findings = []
    if not _has_request(spec.get("request", "")):
        out.append(invalid("spec.request", spec.get("request", ""), "PEM block type must be CERTIFICATE REQUEST"))
    usages = spec.get("usages") or []
    if not usages:
        out.append(required("spec.usages"))
    out += [unsupported(f"spec.usages[{i}]", usage, _USAGES) for i, usage in enumerate(usages) if usage not in _USAGES]
    out += [duplicate(f"spec.usages[{i}]", usage) for i, usage in enumerate(usages) if usage in usages[:i]]
    signer = spec.get("signerName", "")
    if signer == _LEGACY:
        out.append(invalid("spec.signerName", signer, "the legacy signerName is not allowed via this API version"))
    else:
        out += signer_name(signer, "spec.signerName")
    duration = spec.get("expirationSeconds")
    if duration is not None and duration < MIN_DURATION_S:
        text = "may not specify a duration less than 600 seconds (10 minutes)"
        out.append(invalid("spec.expirationSeconds", duration, text))
    return out


def _has_request(encoded: str) -> bool:
    try:
        return _BLOCK.search(base64.b64decode(encoded).decode("latin-1")) is not None
    except binascii.Error:
        return False


def signer_name(name: str, path: str) -> Findings:
    """A domain of two labels or more, a slash and a path of subdomains."""
    if not name:
        return [required(path)]
    parts = name.split("/")
    if len(parts) != 2:
        return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
    domain, rest = parts
    out: Findings = [too_long(path, 253)] if len(domain) > 253 else []
    labels = domain.split(".")
    for label in labels:
        out += [invalid(path, domain, f'validating label "{label}": {problem}') for problem in names.label(label)]
    if len(labels) < 2:
        out.append(invalid(path, domain, "should be a domain with at least two segments separated by dots"))
    for label in rest.split("."):
        out += [invalid(path, rest, f'validating label "{label}": {problem}') for problem in names.subdomain(label)]
    return out + ([too_long(path, 317)] if len(rest) > 317 else [])


def signing_request_status(new: Obj, old: Obj) -> Findings:
    """The certificate of a CertificateSigningRequest, and decisions, which stay."""
    status, before = new.get("status") or {}, old.get("status") or {}
    found = status.get("conditions") or []
    kinds = [condition.get("type", "") for condition in found]
    had = {condition.get("type") for condition in before.get("conditions") or ()}
    out = [finding for index, condition in enumerate(found) for finding in _condition(condition, index, kinds)]
    for kind in _DECISIONS:
        if kind in had and kind not in kinds:
            out.append(forbidden("status.conditions", f'updates may not remove a condition of type "{kind}"'))
    if before.get("certificate") and status.get("certificate") != before["certificate"]:
        out.append(forbidden("status.certificate", "updates may not change a certificate that is set"))
    elif status.get("certificate") and not _has_certificate(status["certificate"]):
        text = "must contain at least one CERTIFICATE PEM block"
        out.append(invalid("status.certificate", "<certificate data>", text))
    if "Approved" in kinds and "Denied" in kinds:
        out.append(invalid("status.conditions", Verbatim(""), "Approved and Denied conditions are mutually exclusive"))
    return out


def _condition(condition: Obj, index: int, kinds: list[str]) -> Findings:
    path, kind, value = f"status.conditions[{index}]", kinds[index], condition.get("status", "")
    allowed = _STATUSES[1:2] if kind in _DECISIONS else _STATUSES
    out: Findings = [] if kind else [required(f"{path}.type")]
    if not value:
        out.append(required(f"{path}.status"))
    elif value not in allowed:
        out.append(unsupported(f"{path}.status", value, allowed))
    return out + ([duplicate(f"{path}.type", kind)] if kind in kinds[:index] else [])


def _has_certificate(encoded: str) -> bool:
    try:
        return b"-----BEGIN CERTIFICATE-----" in base64.b64decode(encoded)
    except ValueError:
        return False
