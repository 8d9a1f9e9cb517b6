"""Rules of Endpoints and EndpointSlices."""

from __future__ import annotations

from pilothouse.api.findings import FieldError, duplicate, invalid, required, too_many, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    PROTOCOLS,
    Findings,
    Obj,
    immutable,
    ip_address,
    one_of,
    parse_ip,
    port_number,
    rule,
    special_ip,
)
from pilothouse.api.validation.meta import validate_labels

_TYPES = ("FQDN", "IPv4", "IPv6")
_MAX_ENDPOINTS, _MAX_ADDRESSES, _MAX_PORTS, _MAX_LABELS, _MAX_HINTS = 1000, 100, 20000, 16, 8


def endpoints(obj: Obj) -> Findings:
    """New Endpoints."""
    out: Findings = []
    for index, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            out.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for kind in ("addresses", "notReadyAddresses"):
            for number, address in enumerate(subset.get(kind) or ()):
                out += _address(address, f"{path}.{kind}[{number}]")
        ports = subset.get("ports") or []
        for number, port in enumerate(ports):
            out += _port(port, f"{path}.ports[{number}]", needs_name=len(ports) > 1)
    return out


def _address(address: Obj, path: str) -> Findings:
    ip = address.get("ip", "")
    out = ip_address(f"{path}.ip", ip)
    if address.get("hostname"):
        out += rule(f"{path}.hostname", address["hostname"], names.label)
    if address.get("nodeName") is not None:
        out += rule(f"{path}.nodeName", address["nodeName"], names.subdomain)
    return out + special_ip(f"{path}.ip", ip)


def _port(port: Obj, path: str, *, needs_name: bool) -> Findings:
    name = port.get("name", "")
    out: Findings = [required(f"{path}.name")] if needs_name and not name else []
    out += rule(f"{path}.name", name, names.label) if name else []
    out += port_number(f"{path}.port", port.get("port", 0))
    out += one_of(f"{path}.protocol", port.get("protocol"), PROTOCOLS, needed=True)
    protocol = port.get("appProtocol")
    return out if protocol is None else out + rule(f"{path}.appProtocol", protocol, names.qualified)


def endpoint_slice(obj: Obj) -> Findings:
    """A new EndpointSlice."""
    kind = obj.get("addressType", "")
    out = one_of("addressType", kind, _TYPES, needed=True)
    found, ports = obj.get("endpoints") or [], obj.get("ports") or []
    if len(found) > _MAX_ENDPOINTS:
        out.append(too_many("endpoints", len(found), _MAX_ENDPOINTS))
    else:
        out += [f for index, endpoint in enumerate(found) for f in _endpoint(endpoint, kind, f"endpoints[{index}]")]
    if len(ports) > _MAX_PORTS:
        return [*out, too_many("ports", len(ports), _MAX_PORTS)]
    return out + _slice_ports(ports)


def _endpoint(endpoint: Obj, kind: str, path: str) -> Findings:
    addresses = endpoint.get("addresses") or []
    out: Findings = []
    if not addresses:
        out.append(required(f"{path}.addresses", "must contain at least 1 address"))
    elif len(addresses) > _MAX_ADDRESSES:
        out.append(too_many(f"{path}.addresses", len(addresses), _MAX_ADDRESSES))
    for number, address in enumerate(addresses):
        out += _slice_address(kind, address, f"{path}.addresses", number)
    if endpoint.get("nodeName") is not None:
        out += rule(f"{path}.nodeName", endpoint["nodeName"], names.subdomain)
    labels = endpoint.get("deprecatedTopology") or {}
    if len(labels) > _MAX_LABELS:
        out.append(too_many(f"{path}.deprecatedTopology", len(labels), _MAX_LABELS))
    out += validate_labels(labels, f"{path}.deprecatedTopology")
    if endpoint.get("hostname") is not None:
        out += rule(f"{path}.hostname", endpoint["hostname"], names.label)
    return out + _hints(endpoint.get("hints") or {}, f"{path}.hints")


def _hints(hints: Obj, path: str) -> Findings:
    out: Findings = []
    for field in ("forZones", "forNodes"):
        found = hints.get(field) or []
        if len(found) > _MAX_HINTS:
            out.append(too_many(f"{path}.{field}", len(found), _MAX_HINTS))
            continue
        seen: set[str] = set()
        for index, item in enumerate(found):
            at, name = f"{path}.{field}[{index}].name", item.get("name", "")
            if name in seen:
                out.append(duplicate(at, name))
            seen.add(name)
            out += rule(at, name, names.label_value if field == "forZones" else names.subdomain)
    return out


def _slice_address(kind: str, address: str, path: str, number: int) -> Findings:
    at = f"{path}[{number}]"
    if kind == "FQDN":
        return _domain(at, address)
    if kind not in ("IPv4", "IPv6"):
        return []
    parsed = parse_ip(address)
    if parsed is not None and f"IPv{parsed.version}" != kind:
        return [invalid(path, address, f"must be an {kind} address")]
    return ip_address(at, address) + (special_ip(at, address) if parsed is not None else [])


def _domain(path: str, name: str) -> Findings:
    if not name:
        return [required(path)]
    bare = name.removesuffix(".")
    problems = names.subdomain(bare)
    if problems:
        return [invalid(path, bare, ",".join(problems))]
    if "." not in bare:
        return [invalid(path, bare, "should be a domain with at least two segments separated by dots")]
    labels = [(label, names.label(label)) for label in bare.split(".")]
    return [invalid(path, label, ",".join(found)) for label, found in labels if found]


def _slice_ports(ports: list[Obj]) -> Findings:
    out: list[FieldError] = []
    seen: set[str] = set()
    for index, port in enumerate(ports):
        path, name, protocol = f"ports[{index}]", port.get("name") or "", port.get("protocol")
        out += rule(f"{path}.name", name, names.label) if name else []
        if name in seen:
            out.append(duplicate(f"{path}.name", name))
        seen.add(name)
        if protocol is None:
            out.append(required(f"{path}.protocol"))
        elif protocol not in PROTOCOLS:
            out.append(unsupported(f"{path}.protocol", protocol, PROTOCOLS))
        if port.get("appProtocol") is not None:
            out += rule(f"{path}.appProtocol", port["appProtocol"], names.qualified)
    return out


def endpoint_slice_update(new: Obj, old: Obj) -> Findings:
    """The type of the addresses of a slice stays."""
    return endpoint_slice(new) + immutable("addressType", new.get("addressType"), old.get("addressType"))
