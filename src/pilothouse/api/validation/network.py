"""Rules of Services, Ingresses, network policies, endpoints, addresses."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    PROTOCOLS,
    Findings,
    Obj,
    cidr,
    immutable,
    label_selector,
    one_of,
    parse_cidr,
    parse_ip,
    port_number,
    port_or_name,
    rule,
)

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_WILDCARD = re.compile(r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex "
    "used for validation is "
    r"'\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def ingress(obj: Obj) -> Findings:
    """A new Ingress."""
    spec = obj.get("spec") or {}
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        return [invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified")]
    out: Findings = []
    for index, tls in enumerate(spec.get("tls") or ()):
        for number, host in enumerate(tls.get("hosts") or ()):
            out += _host(f"spec.tls[{index}].hosts[{number}]", host)
    for index, item in enumerate(spec.get("rules") or ()):
        out += _ingress_rule(item, f"spec.rules[{index}]")
    if spec.get("defaultBackend") is not None:
        out += _backend(spec["defaultBackend"], "spec.defaultBackend")
    if spec.get("ingressClassName") is not None:
        out += rule("spec.ingressClassName", spec["ingressClassName"], names.subdomain)
    return out


def _host(path: str, host: str) -> Findings:
    if "*" in host:
        return [] if _WILDCARD.fullmatch(host) else [invalid(path, host, _WILDCARD_TEXT)]
    return rule(path, host, names.subdomain)


def _ingress_rule(item: Obj, path: str) -> Findings:
    host = item.get("host", "")
    out: Findings = []
    if host:
        if parse_ip(host) is not None:
            out.append(invalid(f"{path}.host", host, "must be a DNS name, not an IP address"))
        else:
            out += _host(f"{path}.host", host)
    http = item.get("http")
    if http is None:
        return out
    if not http.get("paths"):
        out.append(required(f"{path}.http.paths"))
    for index, entry in enumerate(http.get("paths") or ()):
        out += _ingress_path(entry, f"{path}.http.paths[{index}]")
    return out


_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def _ingress_path(entry: Obj, path: str) -> Findings:
    kind, text = entry.get("pathType"), entry.get("path", "")
    out: Findings = []
    if not kind:
        return [required(f"{path}.pathType", "pathType must be specified")]
    if kind in ("Exact", "Prefix"):
        if not text.startswith("/"):
            out.append(invalid(f"{path}.path", text, "must be an absolute path"))
        for bad in ("//", "/./", "/../", "%2f", "%2F"):
            if bad in text:
                out.append(invalid(f"{path}.path", text, f"must not contain '{bad}'"))
    elif kind == "ImplementationSpecific":
        if text and not text.startswith("/"):
            out.append(invalid(f"{path}.path", text, "must be an absolute path"))
    else:
        out.append(unsupported(f"{path}.pathType", kind, _PATH_TYPES))
    return out + _backend(entry.get("backend") or {}, f"{path}.backend")


def _backend(backend: Obj, path: str) -> Findings:
    resource, target = backend.get("resource"), backend.get("service")
    if resource is not None and target is not None:
        return [invalid(path, "", "cannot set both resource and service backends")]
    if resource is not None:
        return [required(f"{path}.resource.{field}") for field in ("kind", "name") if not resource.get(field)]
    if target is None:
        return [invalid(path, "", "resource or service backend is required")]
    out: Findings = []
    if not target.get("name"):
        out.append(required(f"{path}.service.name"))
    else:
        out += rule(f"{path}.service.name", target["name"], names.label_1035)
    port = target.get("port") or {}
    if port.get("name") and port.get("number"):
        out.append(invalid(path, "", "cannot set both port name & port number"))
    elif port.get("number"):
        out += port_number(f"{path}.service.port.number", port["number"])
    elif not port.get("name"):
        out.append(required(path, "port name or number is required"))
    return out


def ingress_class(obj: Obj) -> Findings:
    """A new IngressClass."""
    spec = obj.get("spec") or {}
    controller = spec.get("controller", "")
    return [] if controller else [required("spec.controller")]


def ingress_class_update(new: Obj, old: Obj) -> Findings:
    """The controller of a class stays."""
    return immutable("spec.controller", (new.get("spec") or {}).get("controller"), (old.get("spec") or {}).get("controller"))


def network_policy(obj: Obj) -> Findings:
    """A new NetworkPolicy."""
    spec = obj.get("spec") or {}
    out = label_selector("spec.podSelector", spec.get("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, item in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{index}]"
            for number, port in enumerate(item.get("ports") or ()):
                out += _policy_port(port, f"{path}.ports[{number}]")
            for number, peer in enumerate(item.get(peers) or ()):
                out += _peer(peer, f"{path}.{peers}[{number}]")
    kinds = spec.get("policyTypes") or []
    for index, kind in enumerate(kinds):
        if kind not in ("Ingress", "Egress"):
            out.append(unsupported(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress")))
    return out


def _policy_port(port: Obj, path: str) -> Findings:
    out = one_of(f"{path}.protocol", port.get("protocol"), PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if number is not None:
        out += port_or_name(f"{path}.port", number)
        if end is not None and isinstance(number, int) and end < number:
            out.append(invalid(f"{path}.endPort", number, "must be greater than or equal to `port`"))
    elif end is not None:
        out.append(invalid(f"{path}.endPort", end, "may not be specified when `port` is not specified"))
    return out


def _peer(peer: Obj, path: str) -> Findings:
    out: Findings = []
    count = 0
    for field in ("podSelector", "namespaceSelector"):
        if peer.get(field) is not None:
            count += 1
            out += label_selector(f"{path}.{field}", peer[field])
    block = peer.get("ipBlock")
    if block is not None:
        out += _ip_block(block, f"{path}.ipBlock")
    if not count and block is None:
        out.append(required(path, "must specify a peer"))
    elif count and block is not None:
        out.append(forbidden(path, "may not specify both ipBlock and another peer"))
    return out


def _ip_block(block: Obj, path: str) -> Findings:
    text = block.get("cidr", "")
    if not text:
        return [required(f"{path}.cidr")]
    out = cidr(f"{path}.cidr", text)
    if out:
        return out
    outer = parse_cidr(text)
    for index, entry in enumerate(block.get("except") or ()):
        at = f"{path}.except[{index}]"
        inner = parse_cidr(entry)
        if inner is None:
            out += cidr(at, entry)
        elif outer is None or inner.version != outer.version or not _is_inside(inner, outer):
            out.append(invalid(at, entry, "must be a strict subset of `cidr`"))
    return out


def _is_inside(inner: Any, outer: Any) -> bool:
    return bool(inner != outer and inner.subnet_of(outer))


def service_cidr_update(new: Obj, old: Obj) -> Findings:
    """The networks of a ServiceCIDR stay."""
    before, after = (old.get("spec") or {}).get("cidrs") or [], (new.get("spec") or {}).get("cidrs") or []
    out: Findings = []
    for index, value in enumerate(after):
        if index >= len(before) or before[index] != value:
            out.append(invalid(f"spec.cidrs[{index}]", value, "field is immutable"))
    return out
