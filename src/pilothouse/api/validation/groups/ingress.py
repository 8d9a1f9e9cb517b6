"""Rules of Ingresses and their classes, of the group networking.k8s.io."""

from __future__ import annotations

import re

from pilothouse.api.findings import forbidden, invalid, required, too_long, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    domain_prefixed_path,
    immutable,
    ip_address,
    parse_ip,
    port_name,
    port_number,
    rule,
)

MAX_CONTROLLER = 250
_CLASS_NOTE = "kubernetes.io/ingress.class"
_WILDCARD = re.compile(r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex "
    f"used for validation is '{_WILDCARD.pattern}')"
)
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_PARTS, _BAD_ENDS = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")
_SCOPES = ("Cluster", "Namespace")
_NOT_AN_IP = "must be a DNS name, not an IP address"


def ingress(obj: Obj) -> Findings:
    """A new Ingress."""
    spec = obj.get("spec") or {}
    out = _spec(spec)
    note, name = (obj["metadata"].get("annotations") or {}).get(_CLASS_NOTE), spec.get("ingressClassName")
    if note is not None and name is not None and note != name:
        text = "must match `ingressClassName` when both are specified"
        out.append(invalid(f"annotations.{_CLASS_NOTE}", note, text))
    return out


def ingress_update(new: Obj, old: Obj) -> Findings:
    """A changed Ingress, whose class may be stated twice as before."""
    return _spec(new.get("spec") or {})


def _spec(spec: Obj) -> Findings:
    out: Findings = []
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        out.append(invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified"))
    if spec.get("defaultBackend") is not None:
        out += _backend(spec["defaultBackend"], "spec.defaultBackend")
    for index, item in enumerate(spec.get("rules") or ()):
        out += _rule(item, f"spec.rules[{index}]")
    for index, tls in enumerate(spec.get("tls") or ()):
        for number, host in enumerate(tls.get("hosts") or ()):
            out += _host(f"spec.tls[{index}].hosts[{number}]", host)
        if tls.get("secretName"):
            out += rule(f"spec.tls[{index}].secretName", tls["secretName"], names.subdomain)
    if spec.get("ingressClassName") is not None:
        out += rule("spec.ingressClassName", spec["ingressClassName"], names.subdomain)
    return out


def _host(path: str, host: str) -> Findings:
    if "*" not in host:
        return rule(path, host, names.subdomain)
    out = [invalid(path, host, names.too_many_characters(253))] if len(host) > 253 else []
    return out if _WILDCARD.fullmatch(host) else [*out, invalid(path, host, _WILDCARD_TEXT)]


def _rule(item: Obj, path: str) -> Findings:
    host, http = item.get("host", ""), item.get("http")
    out: Findings = []
    if host:
        out += [invalid(f"{path}.host", host, _NOT_AN_IP)] if parse_ip(host) is not None else []
        out += _host(f"{path}.host", host)
    if http is None:
        return out
    if not http.get("paths"):
        out.append(required(f"{path}.http.paths"))
    for index, entry in enumerate(http.get("paths") or ()):
        out += _path(entry, f"{path}.http.paths[{index}]")
    return out


def _path(entry: Obj, path: str) -> Findings:
    kind, text = entry.get("pathType"), entry.get("path", "")
    if kind is None:
        return [required(f"{path}.pathType", "pathType must be specified")]
    out: Findings = []
    is_strict = kind in ("Exact", "Prefix")
    if (is_strict or (kind == "ImplementationSpecific" and text)) and not text.startswith("/"):
        out.append(invalid(f"{path}.path", text, "must be an absolute path"))
    if is_strict:
        out += [invalid(f"{path}.path", text, f"must not contain '{bad}'") for bad in _BAD_PARTS if bad in text]
        out += [invalid(f"{path}.path", text, f"cannot end with '{bad}'") for bad in _BAD_ENDS if text.endswith(bad)]
    if kind not in _PATH_TYPES:
        out.append(unsupported(f"{path}.pathType", kind, _PATH_TYPES))
    return out + _backend(entry.get("backend") or {}, f"{path}.backend")


def _backend(backend: Obj, path: str) -> Findings:
    resource, target = backend.get("resource"), backend.get("service")
    if resource is not None and target is not None:
        return [invalid(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return _reference(resource, f"{path}.resource")
    if target is None:
        return [invalid(path, "", "resource or service backend is required")]
    at, name = f"{path}.service.name", target.get("name")
    out = rule(at, name, names.label_1035) if name else [required(at)]
    port = target.get("port") or {}
    if port.get("name") and port.get("number"):
        out.append(invalid(path, "", "cannot set both port name & port number"))
    elif port.get("name"):
        out += port_name(f"{path}.service.port.name", port["name"])
    elif port.get("number"):
        out += port_number(f"{path}.service.port.number", port["number"])
    else:
        out.append(required(path, "port name or number is required"))
    return out


def _reference(found: Obj, path: str) -> Findings:
    out: Findings = []
    if found.get("apiGroup") is not None:
        out += rule(f"{path}.apiGroup", found["apiGroup"], names.subdomain)
    for field in ("kind", "name"):
        value = found.get(field)
        out += rule(f"{path}.{field}", value, names.path_segment) if value else [required(f"{path}.{field}")]
    return out


def ingress_status(new: Obj, old: Obj) -> Findings:
    """The addresses an Ingress is reached at."""
    out: Findings = []
    for index, entry in enumerate(((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()):
        path, host = f"status.loadBalancer.ingress[{index}]", entry.get("hostname")
        if entry.get("ip"):
            out += ip_address(f"{path}.ip", entry["ip"])
        if host:
            out += rule(f"{path}.hostname", host, names.subdomain)
            out += [invalid(f"{path}.hostname", host, _NOT_AN_IP)] if parse_ip(host) is not None else []
    return out


def ingress_class(obj: Obj) -> Findings:
    """A new IngressClass."""
    spec = obj.get("spec") or {}
    controller, parameters = spec.get("controller", ""), spec.get("parameters")
    out: Findings = []
    if len(controller) > MAX_CONTROLLER:
        out.append(too_long("spec.controller", MAX_CONTROLLER))
    out += domain_prefixed_path("spec.controller", controller)
    return out + (_parameters(parameters, "spec.parameters") if parameters is not None else [])


def _parameters(found: Obj, path: str) -> Findings:
    out = _reference(found, path)
    scope, namespace = found.get("scope"), found.get("namespace")
    if scope is None:
        return [*out, required(f"{path}.scope")]
    if scope not in _SCOPES:
        return [*out, unsupported(f"{path}.scope", scope, _SCOPES)]
    if scope == "Cluster":
        text = "`parameters.scope` is set to 'Cluster'"
        return out + ([forbidden(f"{path}.namespace", text)] if namespace is not None else [])
    if namespace is None:
        return [*out, required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")]
    return out + rule(f"{path}.namespace", namespace, names.label)


def ingress_class_update(new: Obj, old: Obj) -> Findings:
    """The controller of a class stays."""
    after, before = (obj.get("spec") or {} for obj in (new, old))
    return immutable("spec.controller", after.get("controller"), before.get("controller")) + ingress_class(new)
