"""Rules of configuration, identity, policy, scheduling and cluster kinds."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from pilothouse.api.findings import duplicate, forbidden, invalid, required, too_long, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    cidr,
    immutable,
    non_negative,
    non_negative_quantity,
    one_of,
    quantity,
    rule,
)
from pilothouse.api.validation.meta import finalizer_name

MAX_DATA = 1024 * 1024
_RBAC = "rbac.authorization.k8s.io"
_SCOPES = frozenset(
    (
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    )
)
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only",
    "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement",
    "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping",
)  # fmt: skip


def config_map(obj: Obj) -> Findings:
    """A new ConfigMap."""
    out: Findings = []
    size = 0
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for key, value in sorted(data.items()):
        out += rule(f"data[{key}]", key, names.config_key)
        if key in binary:
            out.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
        size += len(value.encode())
    for key, value in sorted(binary.items()):
        out += rule(f"binaryData[{key}]", key, names.config_key)
        size += len(value) * 3 // 4
    if size > MAX_DATA:
        out.append(too_long("[]", MAX_DATA))
    return out


def config_map_update(new: Obj, old: Obj) -> Findings:
    """An immutable ConfigMap stays as it is."""
    return _frozen(new, old, ("data", "binaryData")) + config_map(new)


def _frozen(new: Obj, old: Obj, fields: tuple[str, ...]) -> Findings:
    if not old.get("immutable"):
        return []
    text = "field is immutable when `immutable` is set"
    out = [] if new.get("immutable") else [forbidden("immutable", text)]
    return out + [forbidden(field, text) for field in fields if (new.get(field) or {}) != (old.get(field) or {})]


_NEEDED = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def secret(obj: Obj) -> Findings:
    """A new Secret."""
    data, kind = obj.get("data") or {}, obj.get("type", "")
    out: Findings = []
    for key in sorted(data):
        out += rule(f"data[{key}]", key, names.config_key)
    if sum(len(value) * 3 // 4 for value in data.values()) > MAX_DATA:
        out.append(too_long("data", MAX_DATA))
    if kind == "kubernetes.io/service-account-token":
        note = "kubernetes.io/service-account.name"
        if not (obj["metadata"].get("annotations") or {}).get(note):
            out.append(required(f"metadata.annotations[{note}]"))
    for key in _NEEDED.get(kind, ()):
        if key not in data:
            out.append(required(f"data[{key}]"))
        elif key.startswith(".docker"):
            out += _docker(key, data[key])
    if kind == "kubernetes.io/basic-auth" and not any(key in data for key in ("username", "password")):
        out += [required("data[username]"), required("data[password]")]
    return out


def _docker(key: str, text: str) -> Findings:
    import orjson

    try:
        orjson.loads(base64.b64decode(text))
    except (binascii.Error, orjson.JSONDecodeError):
        problem = _json_problem(text)
        return [invalid(f"data[{key}]", "<secret contents redacted>", problem)]
    return []


def _json_problem(text: str) -> str:
    raw = base64.b64decode(text)
    for word in (b"null", b"true", b"false"):
        if raw[:1] == word[:1]:
            for index, wanted in enumerate(word):
                if raw[index : index + 1] != bytes([wanted]):
                    found = chr(raw[index]) if index < len(raw) else ""
                    return f"invalid character '{found}' in literal {word.decode()} (expecting '{chr(wanted)}')"
    return f"invalid character '{chr(raw[0])}' looking for beginning of value" if raw else "unexpected end of JSON input"


def secret_update(new: Obj, old: Obj) -> Findings:
    """The type of a Secret stays, and an immutable one wholly."""
    return immutable("type", new.get("type"), old.get("type")) + _frozen(new, old, ("data",)) + secret(new)


def namespace(obj: Obj) -> Findings:
    """A new Namespace."""
    out: Findings = []
    for name in (obj.get("spec") or {}).get("finalizers") or ():
        out += finalizer_name(name, "spec.finalizers")
    return out


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


def limit_range(obj: Obj) -> Findings:
    """A new LimitRange."""
    out: Findings = []
    seen: set[str] = set()
    for index, item in enumerate(obj["spec"].get("limits") or ()):
        path = f"spec.limits[{index}]"
        kind = item.get("type", "")
        out += rule(f"{path}.type", kind, names.qualified)
        if kind in seen:
            out.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        if kind == "Pod":
            text = "may not be specified when `type` is 'Pod'"
            out += [forbidden(f"{path}.{field}", text) for field in ("default", "defaultRequest") if item.get(field)]
        if kind == "PersistentVolumeClaim" and not any("storage" in (item.get(field) or {}) for field in ("min", "max")):
            text = "either minimum or maximum storage value is required, but neither was provided"
            out.append(required(f"{path}.limits", text))
        out += _limits(item, path)
    return out


def _limits(item: Obj, path: str) -> Findings:
    out: Findings = []
    least, most = item.get("min") or {}, item.get("max") or {}
    limits, requests = item.get("default") or {}, item.get("defaultRequest") or {}
    for name in sorted({*least, *most, *limits, *requests}):
        low, high, limit, request = (part.get(name) for part in (least, most, limits, requests))
        if low is not None and high is not None and quantity(low) > quantity(high):
            out.append(invalid(f"{path}.min[{name}]", low, f"min value {low} is greater than max value {high}"))
        if request is not None:
            out += _request(f"{path}.defaultRequest[{name}]", request, low, high, limit)
        if limit is not None and high is not None and quantity(limit) > quantity(high):
            out.append(invalid(f"{path}.default[{name}]", high, f"default value {limit} is greater than max value {high}"))
    return out


def _request(path: str, request: str, low: Any, high: Any, limit: Any) -> Findings:
    out: Findings = []
    if low is not None and quantity(low) > quantity(request):
        out.append(invalid(path, request, f"min value {low} is greater than default request value {request}"))
    if high is not None and quantity(request) > quantity(high):
        out.append(invalid(path, request, f"default request value {request} is greater than max value {high}"))
    if limit is not None and quantity(request) > quantity(limit):
        out.append(invalid(path, request, f"default request value {request} is greater than default limit value {limit}"))
    return out


def resource_quota(obj: Obj) -> Findings:
    """A new ResourceQuota."""
    spec = obj.get("spec") or {}
    out: Findings = []
    hard = spec.get("hard") or {}
    for name in sorted(hard):
        out += non_negative_quantity(f"spec.hard[{name}]", hard[name])
    scopes = spec.get("scopes") or []
    known = [scope for scope in scopes if scope in _SCOPES]
    if len(known) != len(scopes):
        out.append(invalid("spec.scopes", scopes, "unsupported scope"))
    bad = "BestEffort" in scopes and any(name not in ("pods", "count/pods") for name in hard)
    if bad:
        out.append(invalid("spec.scopes", scopes, "unsupported scope applied to resource"))
    for pair in ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}):
        if pair <= set(scopes):
            out.append(invalid("spec.scopes", scopes, "conflicting scopes"))
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


def event(obj: Obj) -> Findings:
    """A new Event of either group."""
    if obj.get("apiVersion") == "events.k8s.io/v1":
        return _new_event(obj)
    target = obj.get("involvedObject") or {}
    where, own = target.get("namespace", ""), obj["metadata"].get("namespace", "")
    cluster_wide = not where and target.get("kind") in ("Node", "Namespace", "PersistentVolume") and own == "default"
    if where != own and not cluster_wide:
        return [invalid("involvedObject.namespace", where, "does not match event.namespace")]
    return []


def _new_event(obj: Obj) -> Findings:
    out: Findings = []
    if not obj.get("eventTime"):
        out.append(required("eventTime"))
    controller = obj.get("reportingController", "")
    if not controller:
        out.append(required("reportingController"))
    out += rule("reportingController", controller, names.qualified)
    if not obj.get("reportingInstance"):
        out.append(required("reportingInstance"))
    if not obj.get("action"):
        out.append(required("action"))
    if not obj.get("reason"):
        out.append(required("reason"))
    if obj.get("type") not in ("Normal", "Warning"):
        out.append(invalid("type", "", f"has invalid value: {obj.get('type', '')}"))
    return out


_EVENT_FROZEN = (
    "regarding",
    "related",
    "reason",
    "action",
    "note",
    "reportingController",
    "reportingInstance",
    "eventTime",
    "type",
)


def event_update(new: Obj, old: Obj) -> Findings:
    """Events of the new group hardly change."""
    if new.get("apiVersion") != "events.k8s.io/v1":
        return event(new)
    out: Findings = []
    for field in _EVENT_FROZEN:
        out += immutable(field, new.get(field), old.get(field))
    return out


def node(obj: Obj) -> Findings:
    """A new Node."""
    spec = obj.get("spec") or {}
    out: Findings = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(spec.get("taints") or ()):
        key = (taint.get("key", ""), taint.get("effect", ""))
        out += rule(f"metadata.taints[{index}].key", key[0], names.qualified)
        if key in seen:
            shown = internal_form("Taint", taint)
            finding = duplicate(f"metadata.taints[{index}]", shown)
            out.append(type(finding)(finding.path, finding.reason, shown, "taints must be unique by key and effect pair"))
        seen.add(key)
    cidrs = spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else [])
    for index, text in enumerate(cidrs):
        out += cidr(f"spec.podCIDRs[{index}]", text)
    return out


def node_update(new: Obj, old: Obj) -> Findings:
    """The address range of a Node stays once it is set."""
    before = (old.get("spec") or {}).get("podCIDRs") or []
    after = (new.get("spec") or {}).get("podCIDRs") or []
    if before and before != after:
        return [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')]
    return []


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
