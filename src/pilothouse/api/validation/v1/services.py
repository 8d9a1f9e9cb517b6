"""Rules of Services: types, ports, policies, and what of them may change."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    PROTOCOLS,
    Findings,
    Obj,
    cidr,
    ip_address,
    one_of,
    parse_ip,
    port_number,
    port_or_name,
    rule,
    special_ip,
)
from pilothouse.api.validation.meta import validate_labels
from pilothouse.api.validation.v1.clusterips import address_changes, cluster_addresses, is_headless, supported_families

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_ONLY_BALANCERS = "may only be used when `type` is 'LoadBalancer'"
_ONLY_LOCAL = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_MAX_AFFINITY_S = 86400


def service(obj: Obj) -> Findings:
    """A new Service."""
    out = _any_service(obj)
    return out or supported_families(obj["spec"])


def _any_service(obj: Obj) -> Findings:
    spec, notes = obj["spec"], obj["metadata"].get("annotations") or {}
    kind = spec.get("type", "ClusterIP")
    out: Findings = []
    if _MODE in notes and notes.get(_HINTS, notes[_MODE]) != notes[_MODE]:
        text = f"must match annotations[{_HINTS}] when both are specified"
        out.append(invalid(f"metadata.annotations[{_MODE}]", notes[_MODE], text))
    if not spec.get("ports") and not is_headless(spec) and kind != "ExternalName":
        out.append(required("spec.ports"))
    if kind in ("LoadBalancer", "NodePort") and is_headless(spec):
        out.append(invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    out += _external_name(spec) if kind == "ExternalName" else []
    out += _ports(spec.get("ports") or [])
    out += validate_labels(spec.get("selector"), "spec.selector")
    out += _session_affinity(spec) + cluster_addresses(spec)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        at = f"spec.externalIPs[{index}]"
        out += ip_address(at, address) or special_ip(at, address)
    out += one_of("spec.type", kind, _TYPES, needed=True)
    out += _node_ports(spec.get("ports") or [], kind)
    return out + _balancer(spec, kind, notes) + _policies(spec, kind)


def _external_name(spec: Obj) -> Findings:
    text = "may not be set for ExternalName services"
    out: Findings = []
    if spec.get("clusterIPs") or spec.get("clusterIP"):
        out.append(forbidden("spec.clusterIPs", text))
    out += [forbidden(f"spec.{field}", text) for field in ("ipFamilies", "ipFamilyPolicy") if spec.get(field)]
    name = spec.get("externalName", "").removesuffix(".")
    return out + (rule("spec.externalName", name, names.subdomain) if name else [required("spec.externalName")])


def _ports(ports: list[Obj]) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path, name = f"spec.ports[{index}]", port.get("name", "")
        if name:
            out += rule(f"{path}.name", name, names.label)
            out += [duplicate(f"{path}.name", name)] if name in seen else []
            seen.add(name)
        elif len(ports) > 1:
            out.append(required(f"{path}.name"))
        out += port_number(f"{path}.port", port.get("port", 0))
        out += one_of(f"{path}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
        out += port_or_name(f"{path}.targetPort", port.get("targetPort", 0))
        if port.get("appProtocol") is not None:
            out += rule(f"{path}.appProtocol", port["appProtocol"], names.qualified)
    return out


def _node_ports(ports: list[Obj], kind: str) -> Findings:
    numbers = [port.get("nodePort", 0) for port in ports]
    text = "may not be used when `type` is 'ClusterIP'"
    out: Findings = []
    if kind == "ClusterIP":
        out += [forbidden(f"spec.ports[{index}].nodePort", text) for index, number in enumerate(numbers) if number]
    pairs = [(port.get("protocol", ""), number) for port, number in zip(ports, numbers, strict=True)]
    for index, pair in enumerate(pairs):
        if pair[1] and pair in pairs[:index]:
            out.append(duplicate(f"spec.ports[{index}].nodePort", pair[1]))
    pairs = [(port.get("protocol", ""), port.get("port", 0)) for port in ports]
    for index, (protocol, number) in enumerate(pairs):
        if (protocol, number) in pairs[:index]:
            shown = internal_form("ServicePort", {"protocol": protocol, "port": number})
            out.append(duplicate(f"spec.ports[{index}]", shown))
    return out


def _session_affinity(spec: Obj) -> Findings:
    kind, config = spec.get("sessionAffinity"), spec.get("sessionAffinityConfig")
    out = one_of("spec.sessionAffinity", kind, ("ClientIP", "None"), needed=True)
    path, text = "spec.sessionAffinityConfig", "when session affinity type is ClientIP"
    if kind == "None" and config is not None:
        out.append(forbidden(path, "must not be set when session affinity is None"))
    if kind != "ClientIP":
        return out
    if config is None:
        return [*out, required(path, text)]
    if config.get("clientIP") is None:
        return [*out, required(f"{path}.clientIP", text)]
    path, timeout_s = f"{path}.clientIP.timeoutSeconds", config["clientIP"].get("timeoutSeconds")
    if timeout_s is None:
        return [*out, required(path, text)]
    is_valid = 0 < timeout_s <= _MAX_AFFINITY_S
    return out if is_valid else [*out, invalid(path, timeout_s, f"must be greater than 0 and less than {_MAX_AFFINITY_S}")]


def _balancer(spec: Obj, kind: str, notes: Obj) -> Findings:
    out: Findings = []
    ranges, is_balancer = spec.get("loadBalancerSourceRanges") or [], kind == "LoadBalancer"
    path = "spec.LoadBalancerSourceRanges" if ranges else f"metadata.annotations[{_RANGES}]"
    if (ranges or _RANGES in notes) and not is_balancer:
        out.append(forbidden(path, _ONLY_BALANCERS))
    for index, text in enumerate(ranges):
        out += cidr(f"{path}[{index}]", text.strip())
    if not ranges and notes.get(_RANGES, "").strip():
        for text in notes[_RANGES].strip().split(","):
            out += cidr(path, text.strip())
    has_ports = spec.get("allocateLoadBalancerNodePorts")
    if has_ports is not None and not is_balancer:
        out.append(forbidden("spec.allocateLoadBalancerNodePorts", _ONLY_BALANCERS))
    if has_ports is None and is_balancer:
        out.append(required("allocateLoadBalancerNodePorts"))
    return out + _balancer_class(spec, is_balancer)


def _balancer_class(spec: Obj, is_balancer: bool) -> Findings:
    name, path = spec.get("loadBalancerClass"), "spec.loadBalancerClass"
    if name is None:
        return []
    return rule(path, name, names.qualified) if is_balancer else [forbidden(path, _ONLY_BALANCERS)]


def _needs_health_check(spec: Obj) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _policies(spec: Obj, kind: str) -> Findings:
    out: Findings = []
    traffic = spec.get("externalTrafficPolicy")
    is_external = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))
    if is_external:
        out += one_of("spec.externalTrafficPolicy", traffic, ("Cluster", "Local"), needed=True)
    elif traffic:
        out.append(invalid("spec.externalTrafficPolicy", traffic, "may only be set for externally-accessible services"))
    number = spec.get("healthCheckNodePort", 0)
    if number and _needs_health_check(spec):
        out += port_number("spec.healthCheckNodePort", number)
    elif number:
        out.append(invalid("spec.healthCheckNodePort", number, _ONLY_LOCAL))
    policy, path = spec.get("internalTrafficPolicy"), "spec.internalTrafficPolicy"
    if policy is None and kind in ("NodePort", "LoadBalancer", "ClusterIP"):
        out.append(required(path))
    elif policy is not None and policy not in ("Cluster", "Local"):
        out.append(unsupported(path, policy, ("Cluster", "Local")))
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in _DISTRIBUTIONS:
        out.append(unsupported("spec.trafficDistribution", distribution, _DISTRIBUTIONS))
    return out


def service_update(new: Obj, old: Obj) -> Findings:
    """What of a Service may not change."""
    after, before = new["spec"], old["spec"]
    out = address_changes(after, before)
    kind, former = after.get("type"), before.get("type")
    if kind == former == "LoadBalancer" and after.get("loadBalancerClass") != before.get("loadBalancerClass"):
        out.append(invalid("spec.loadBalancerClass", after.get("loadBalancerClass"), "may not change once set"))
    out += _balancer_class(after, kind == "LoadBalancer")
    if _needs_health_check(before) and _needs_health_check(after):
        number = after.get("healthCheckNodePort", 0)
        if number and number != before.get("healthCheckNodePort", 0):
            out.append(forbidden("spec.healthCheckNodePort", "field is immutable"))
    out += _any_service(new)
    return out or supported_families(after)


def service_status(new: Obj, old: Obj) -> Findings:
    """Where a load balancer can be reached."""
    found = ((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if found and new["spec"].get("type") != "LoadBalancer":
        return [forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'")]
    return [f for index, item in enumerate(found) for f in _ingress(item, f"status.loadBalancer.ingress[{index}]")]


def _ingress(item: Obj, path: str) -> Findings:
    address, mode, name = item.get("ip", ""), item.get("ipMode"), item.get("hostname", "")
    out = ip_address(f"{path}.ip", address) if address else []
    if mode is None and address:
        out.append(required(f"{path}.ipMode", "must be specified when `ip` is set"))
    elif mode is not None and not address:
        out.append(forbidden(f"{path}.ipMode", "may not be specified when `ip` is not set"))
    elif mode is not None and mode not in ("Proxy", "VIP"):
        out.append(unsupported(f"{path}.ipMode", mode, ("Proxy", "VIP")))
    if name:
        out += rule(f"{path}.hostname", name, names.subdomain)
        if parse_ip(name) is not None:
            out.append(invalid(f"{path}.hostname", name, "must be a DNS name, not an IP address"))
    return out
