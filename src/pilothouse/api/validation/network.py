"""Rules of Services, Ingresses, network policies, endpoints, addresses."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    PROTOCOLS,
    Findings,
    Obj,
    cidr,
    immutable,
    ip_address,
    label_selector,
    one_of,
    parse_cidr,
    parse_ip,
    port_number,
    port_or_name,
    rule,
    special_ip,
)

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_WILDCARD = re.compile(r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case "
    "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex "
    "used for validation is "
    r"'\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def service(obj: Obj) -> Findings:
    """A new Service."""
    spec = obj["spec"]
    kind = spec.get("type", "ClusterIP")
    out: Findings = []
    is_headless = spec.get("clusterIP") == "None"
    if not spec.get("ports") and not is_headless and kind != "ExternalName":
        out.append(required("spec.ports"))
    if kind == "ExternalName":
        if spec.get("clusterIP") or spec.get("clusterIPs"):
            out.append(forbidden("spec.clusterIPs", "may not be set for ExternalName services"))
        out += _external_name(spec.get("externalName", ""))
    out += _service_ports(spec.get("ports") or [], needs_names=len(spec.get("ports") or ()) > 1)
    for key, value in sorted((spec.get("selector") or {}).items()):
        out += rule("spec.selector", key, names.qualified)
        out += [invalid("spec.selector", value, problem) for problem in names.label_value(value)]
    out += one_of("spec.sessionAffinity", spec.get("sessionAffinity"), ("ClientIP", "None"), needed=True)
    address = spec.get("clusterIP", "")
    if address and address != "None" and kind != "ExternalName":
        out += ip_address("spec.clusterIPs[0]", address)
    for index, external in enumerate(spec.get("externalIPs") or ()):
        out += _external_ip(f"spec.externalIPs[{index}]", external)
    out += one_of("spec.type", kind, _TYPES)
    return out + _policies(spec, kind)


def _external_name(name: str) -> Findings:
    name = name.rstrip(".")
    return rule("spec.externalName", name, names.subdomain) if name else [required("spec.externalName")]


def _external_ip(path: str, value: str) -> Findings:
    found = ip_address(path, value)
    if found:
        return found
    if value.lower().startswith("::ffff:"):
        return [invalid(path, value, "must not be an IPv4-mapped IPv6 address")]
    return special_ip(path, value)


def _policies(spec: Obj, kind: str) -> Findings:
    out: Findings = []
    traffic = spec.get("externalTrafficPolicy")
    is_external = kind in ("NodePort", "LoadBalancer") or bool(spec.get("externalIPs"))
    if traffic and not is_external:
        out.append(invalid("spec.externalTrafficPolicy", traffic, "may only be set for externally-accessible services"))
    elif traffic:
        out += one_of("spec.externalTrafficPolicy", traffic, ("Cluster", "Local"))
    node_port = spec.get("healthCheckNodePort", 0)
    if node_port and not (kind == "LoadBalancer" and traffic == "Local"):
        text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        out.append(invalid("spec.healthCheckNodePort", node_port, text))
    out += one_of("spec.internalTrafficPolicy", spec.get("internalTrafficPolicy"), ("Cluster", "Local"))
    if spec.get("ipFamilyPolicy") == "RequireDualStack" and spec.get("clusterIP") != "None":
        text = "this cluster is not configured for dual-stack services"
        out.append(invalid("spec.ipFamilyPolicy", "RequireDualStack", text))
    if spec.get("loadBalancerClass") is not None and kind != "LoadBalancer":
        out.append(forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'"))
    distribution = spec.get("trafficDistribution")
    return out + one_of("spec.trafficDistribution", distribution, ("PreferClose", "PreferSameZone", "PreferSameNode"))


def _service_ports(ports: list[Obj], *, needs_names: bool) -> Findings:
    out: Findings = []
    seen_names: set[str] = set()
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        name = port.get("name", "")
        if needs_names and not name:
            out.append(required(f"{path}.name"))
        elif name:
            out += rule(f"{path}.name", name, names.label)
            if name in seen_names:
                out.append(duplicate(f"{path}.name", name))
            seen_names.add(name)
        out += port_number(f"{path}.port", port.get("port", 0))
        out += one_of(f"{path}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
        out += port_or_name(f"{path}.targetPort", port.get("targetPort", 0))
        if port.get("appProtocol") is not None:
            out += rule(f"{path}.appProtocol", port["appProtocol"], names.qualified)
        key = (port.get("protocol", "TCP"), port.get("port", 0))
        if key in seen:
            shown = internal_form("ServicePort", {"protocol": key[0], "port": key[1]})
            out.append(duplicate(path, shown))
        seen.add(key)
    return out


def service_update(new: Obj, old: Obj) -> Findings:
    """What of a Service may not change."""
    out: Findings = []
    before, after = old["spec"].get("clusterIP", ""), new["spec"].get("clusterIP", "")
    keeps = old["spec"].get("type") != "ExternalName" and new["spec"].get("type") != "ExternalName"
    if keeps and before and after != before:
        out.append(invalid("spec.clusterIPs[0]", [after], "may not change once set"))
    return out + service(new)


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


def endpoints(obj: Obj) -> Findings:
    """New Endpoints."""
    out: Findings = []
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            out.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for kind in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(kind) or ()):
                at = f"{path}.{kind}[{number}].ip"
                out += ip_address(at, address.get("ip", "")) + special_ip(at, address.get("ip", ""))
        ports = subset.get("ports") or []
        for number, port in enumerate(ports):
            at = f"{path}.ports[{number}]"
            if len(ports) > 1 and not port.get("name"):
                out.append(required(f"{at}.name"))
            elif port.get("name"):
                out += rule(f"{at}.name", port["name"], names.label)
            out += port_number(f"{at}.port", port.get("port", 0))
            out += one_of(f"{at}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
    return out


def endpoint_slice(obj: Obj) -> Findings:
    """A new EndpointSlice."""
    kind = obj.get("addressType", "")
    out = one_of("addressType", kind, ("IPv4", "IPv6", "FQDN"), needed=True)
    for index, endpoint in enumerate(obj.get("endpoints") or ()):
        path = f"endpoints[{index}].addresses"
        addresses = endpoint.get("addresses") or []
        if not addresses:
            out.append(required(path, "must contain at least 1 address"))
        for number, address in enumerate(addresses):
            out += _slice_address(kind, address, path, number)
    for index, port in enumerate(obj.get("ports") or ()):
        if port.get("name"):
            out += rule(f"ports[{index}].name", port["name"], names.label)
        out += one_of(f"ports[{index}].protocol", port.get("protocol"), PROTOCOLS, needed=True)
    return out


def _slice_address(kind: str, address: str, path: str, number: int) -> Findings:
    if kind == "FQDN":
        return rule(f"{path}[{number}]", address, names.subdomain)
    parsed = parse_ip(address)
    if parsed is None:
        return ip_address(f"{path}[{number}]", address)
    if f"IPv{parsed.version}" != kind:
        return [invalid(path, address, f"must be an {kind} address")]
    return special_ip(f"{path}[{number}]", address)


def service_cidr_update(new: Obj, old: Obj) -> Findings:
    """The networks of a ServiceCIDR stay."""
    before, after = (old.get("spec") or {}).get("cidrs") or [], (new.get("spec") or {}).get("cidrs") or []
    out: Findings = []
    for index, value in enumerate(after):
        if index >= len(before) or before[index] != value:
            out.append(invalid(f"spec.cidrs[{index}]", value, "field is immutable"))
    return out
