"""Rules of configuration, identity, policy, scheduling and cluster kinds."""

from __future__ import annotations

import base64
import binascii

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    immutable,
    non_negative,
    non_negative_quantity,
    one_of,
    rule,
)

_RBAC = "rbac.authorization.k8s.io"
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
)  # fmt: skip


def role(obj: Obj) -> Findings:
    """A new Role or ClusterRole."""
    is_namespaced = obj.get("kind") == "Role"
    out: Findings = []
    for index, item in enumerate(obj.get("rules") or ()):
        out += _rule(item, f"rules[{index}]", is_namespaced=is_namespaced)
    return out


def _rule(item: Obj, path: str, *, is_namespaced: bool) -> Findings:
    out: Findings = []
    if not item.get("verbs"):
        out.append(required(f"{path}.verbs", "verbs must contain at least one value"))
    urls = item.get("nonResourceURLs")
    if urls:
        if is_namespaced:
            text = "namespaced rules cannot apply to non-resource URLs"
            out.append(invalid(f"{path}.nonResourceURLs", urls, text))
        if item.get("apiGroups") or item.get("resources") or item.get("resourceNames"):
            text = "rules cannot apply to both regular resources and non-resource URLs"
            out.append(invalid(f"{path}.nonResourceURLs", urls, text))
        return out
    if not item.get("apiGroups"):
        out.append(required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
    if not item.get("resources"):
        out.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return out


def role_binding(obj: Obj) -> Findings:
    """A new RoleBinding or ClusterRoleBinding."""
    is_namespaced = obj.get("kind") == "RoleBinding"
    reference = obj.get("roleRef") or {}
    out: Findings = []
    if reference.get("apiGroup") != _RBAC:
        out.append(unsupported("roleRef.apiGroup", reference.get("apiGroup", ""), (_RBAC,)))
    kinds = ("Role", "ClusterRole") if is_namespaced else ("ClusterRole",)
    if reference.get("kind") not in kinds:
        out.append(unsupported("roleRef.kind", reference.get("kind", ""), kinds))
    if not reference.get("name"):
        out.append(required("roleRef.name"))
    else:
        out += rule("roleRef.name", reference["name"], names.path_segment)
    for index, subject in enumerate(obj.get("subjects") or ()):
        out += _subject(subject, f"subjects[{index}]", is_namespaced=is_namespaced)
    return out


def _subject(subject: Obj, path: str, *, is_namespaced: bool) -> Findings:
    out: Findings = [] if subject.get("name") else [required(f"{path}.name")]
    kind, group = subject.get("kind", ""), subject.get("apiGroup", "")
    if kind == "ServiceAccount":
        if subject.get("name"):
            out += rule(f"{path}.name", subject["name"], names.subdomain)
        if group:
            out.append(unsupported(f"{path}.apiGroup", group, ("",)))
        if not is_namespaced and not subject.get("namespace"):
            out.append(required(f"{path}.namespace"))
    elif kind in ("User", "Group"):
        if group != _RBAC:
            out.append(unsupported(f"{path}.apiGroup", group, (_RBAC,)))
    else:
        out.append(unsupported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group")))
    return out


def role_binding_update(new: Obj, old: Obj) -> Findings:
    """The role of a binding stays."""
    out = role_binding(new)
    if new.get("roleRef") != old.get("roleRef"):
        reference = new.get("roleRef") or {}
        shown = internal_form("RoleRef", reference)
        out.append(invalid("roleRef", shown, "cannot change roleRef"))
    return out


def priority_class(obj: Obj) -> Findings:
    """A new PriorityClass."""
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    out: Findings = []
    if name.startswith("system-"):
        text = "priority class names with 'system-' prefix are reserved for system use only. error: "
        out.append(forbidden("metadata.name", f"{text}{name} is not a known system priority class"))
    elif value > 1000000000:
        text = "maximum allowed value of a user defined priority is 1000000000"
        out.append(forbidden("value", text))
    return out + one_of("preemptionPolicy", obj.get("preemptionPolicy"), ("Never", "PreemptLowerPriority"))


def priority_class_update(new: Obj, old: Obj) -> Findings:
    """Value and policy of a class stay."""
    out: Findings = []
    if new.get("value") != old.get("value"):
        out.append(forbidden("value", "may not be changed in an update."))
    return out + immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


def runtime_class(obj: Obj) -> Findings:
    """A new RuntimeClass."""
    out = rule("handler", obj.get("handler", ""), names.label)
    for name, value in sorted(((obj.get("overhead") or {}).get("podFixed") or {}).items()):
        out += non_negative_quantity(f"overhead.limits[{name}]", value)
    return out


def runtime_class_update(new: Obj, old: Obj) -> Findings:
    """The handler stays."""
    return immutable("handler", new.get("handler"), old.get("handler"))


def lease(obj: Obj) -> Findings:
    """A new Lease."""
    spec = obj.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    out: Findings = []
    if duration is not None and duration <= 0:
        out.append(invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"))
    return out + non_negative("spec.leaseTransitions", spec.get("leaseTransitions"))


def lease_update(new: Obj, old: Obj) -> Findings:
    """A Lease follows the same rules when it changes."""
    return lease(new)


def signing_request(obj: Obj) -> Findings:
    """A new CertificateSigningRequest."""
    spec = obj["spec"]
    out: Findings = []
    try:
        text = base64.b64decode(spec.get("request", "")).decode("latin-1")
    except binascii.Error:
        text = ""
    if "-----BEGIN CERTIFICATE REQUEST-----" not in text and "-----BEGIN NEW CERTIFICATE REQUEST-----" not in text:
        out.append(invalid("spec.request", spec.get("request", ""), "PEM block type must be CERTIFICATE REQUEST"))
    if not spec.get("usages"):
        out.append(required("spec.usages"))
    for index, usage in enumerate(spec.get("usages") or ()):
        if usage not in _USAGES:
            out.append(unsupported(f"spec.usages[{index}]", usage, _USAGES))
    if not spec.get("signerName"):
        out.append(required("spec.signerName"))
    duration = spec.get("expirationSeconds")
    if duration is not None and duration < 600:
        text = "may not specify a duration less than 600 seconds (10 minutes)"
        out.append(invalid("spec.expirationSeconds", duration, text))
    return out
