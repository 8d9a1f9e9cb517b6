"""Rules of NetworkPolicies, of IPAddresses and ServiceCIDRs, of the group networking.k8s.io."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import forbidden, internal_form, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    IMMUTABLE,
    Findings,
    Obj,
    cidr,
    label_selector,
    parse_cidr,
    port_name,
    port_number,
    rule,
)

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_DIRECTIONS = ("Ingress", "Egress")
MAX_CIDRS = 2


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
    if len(kinds) > len(_DIRECTIONS):
        return [*out, invalid("spec.policyTypes", kinds, "may not specify more than two policyTypes")]
    at = "spec.policyTypes"
    return out + [unsupported(f"{at}[{i}]", kind, _DIRECTIONS) for i, kind in enumerate(kinds) if kind not in _DIRECTIONS]


def _policy_port(port: Obj, path: str) -> Findings:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    out: Findings = []
    if protocol is not None and protocol not in _PROTOCOLS:
        out.append(unsupported(f"{path}.protocol", protocol, _PROTOCOLS))
    at = f"{path}.endPort"
    if number is None:
        return out + ([invalid(at, end, "may not be specified when `port` is not specified")] if end is not None else [])
    if isinstance(number, str):
        out += [invalid(at, end, "may not be specified when `port` is non-numeric")] if end is not None else []
        return out + port_name(f"{path}.port", number)
    out += port_number(f"{path}.port", number)
    if end is None:
        return out
    # The reference server shows the port here, not the end of its range.
    out += [invalid(at, number, "must be greater than or equal to `port`")] if end < number else []
    return out + port_number(at, end)


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
    outer = parse_cidr(text)
    if outer is None:
        return out
    for index, entry in enumerate(block.get("except") or ()):
        at = f"{path}.except[{index}]"
        out += cidr(at, entry)
        inner = parse_cidr(entry)
        if inner is not None and not _is_inside(inner, outer):
            out.append(invalid(at, entry, "must be a strict subset of `cidr`"))
    return out


def _is_inside(inner: Any, outer: Any) -> bool:
    return bool(inner.version == outer.version and inner != outer and inner.subnet_of(outer))


def ip_address_object(obj: Obj) -> Findings:
    """A new IPAddress: the object that it belongs to."""
    parent, path = (obj.get("spec") or {}).get("parentRef"), "spec.parentRef"
    if parent is None:
        return [required(path)]
    out = rule(f"{path}.group", parent["group"], names.subdomain) if parent.get("group") else []
    for field in ("resource", "name"):
        value = parent.get(field)
        out += rule(f"{path}.{field}", value, names.path_segment) if value else [required(f"{path}.{field}")]
    return out + (rule(f"{path}.namespace", parent["namespace"], names.path_segment) if parent.get("namespace") else [])


def ip_address_object_update(new: Obj, old: Obj) -> Findings:
    """The object that an IPAddress belongs to stays."""
    after, before = ((obj.get("spec") or {}).get("parentRef") for obj in (new, old))
    out = ip_address_object(new)
    if after != before:
        out.append(invalid("spec.parentRef", internal_form("ParentReference", after), IMMUTABLE))
    return out


def service_cidr(obj: Obj) -> Findings:
    """A new ServiceCIDR."""
    spec = obj.get("spec") or {}
    networks, path = spec.get("cidrs") or [], "spec.cidrs"
    if not networks:
        return [required(path, "at least one CIDR required")]
    if len(networks) > MAX_CIDRS:
        return [invalid(path, {"CIDRs": networks}, "may only hold up to 2 values")]
    out: Findings = []
    for index, text in enumerate(networks):
        out += _canonical(f"{path}[{index}]", text)
    parsed = [parse_cidr(text) for text in networks]
    if len({network.version for network in parsed if network is not None}) == 1 and len(parsed) == MAX_CIDRS and all(parsed):
        text = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        out.append(invalid(path, networks, text))
    return out


def _canonical(path: str, text: str) -> Findings:
    out, network = cidr(path, text), parse_cidr(text)
    if out or network is None or text == str(network):
        return out
    return [invalid(path, text, f'must be in canonical form ("{network}")')]


def service_cidr_update(new: Obj, old: Obj) -> Findings:
    """The networks of a ServiceCIDR stay, but for a second one that is added."""
    before, after = ((obj.get("spec") or {}).get("cidrs") or [] for obj in (old, new))
    grows = len(before) == 1 and len(after) == MAX_CIDRS
    if len(before) != len(after) and not grows:
        return [invalid("spec.cidrs", after, IMMUTABLE)]
    out = [invalid(f"spec.cidrs[{i}]", after[i], IMMUTABLE) for i in range(len(before)) if before[i] != after[i]]
    return out + (service_cidr(new) if grows else [])
