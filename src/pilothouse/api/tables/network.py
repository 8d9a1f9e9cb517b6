"""Rows of Services, Ingresses, endpoints and policies."""

from __future__ import annotations

from typing import Any

from pilothouse.api.tables.text import NONE, UNSET, age, labels_text, selector_text, shortened

Obj = dict[str, Any]
_MOST = 3


def _head(obj: Obj, now: float) -> tuple[str, str]:
    return obj["metadata"].get("name", ""), age(obj["metadata"].get("creationTimestamp"), now)


def service(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Service."""
    name, since = _head(obj, now)
    spec = obj.get("spec") or {}
    ports = [_port(port) for port in spec.get("ports") or ()]
    address = (spec.get("clusterIPs") or [spec.get("clusterIP", "")])[0] or NONE
    kind = spec.get("type", "")
    return [name, kind, address, _external(obj, spec), ",".join(ports) or NONE, since, labels_text(spec.get("selector"))]


def _port(port: Obj) -> str:
    number = f"{port.get('port')}:{port['nodePort']}" if port.get("nodePort") else str(port.get("port"))
    return f"{number}/{port.get('protocol', 'TCP')}"


def _external(obj: Obj, spec: Obj) -> str:
    kind, fixed = spec.get("type"), list(spec.get("externalIPs") or ())
    if kind == "ExternalName":
        return spec.get("externalName") or ""
    if kind == "LoadBalancer":
        return ",".join([*_balanced(obj), *fixed]) or "<pending>"
    return ",".join(fixed) if fixed else NONE


def _balanced(obj: Obj) -> list[str]:
    found = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return sorted({item.get("ip") or item.get("hostname") or "" for item in found} - {""})


def ingress(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an Ingress."""
    name, since = _head(obj, now)
    spec = obj.get("spec") or {}
    kind = spec.get("ingressClassName", NONE)
    return [name, kind, _hosts(spec.get("rules") or []), ",".join(_balanced(obj)), "80, 443" if spec.get("tls") else "80", since]


def _hosts(rules: list[Obj]) -> str:
    shown: list[str] = []
    is_more = False
    for rule in rules:
        is_more = is_more or len(shown) == _MOST
        if rule.get("host") and not is_more:
            shown.append(rule["host"])
    text = ",".join(shown) or "*"
    return f"{text} + {len(rules) - _MOST} more..." if is_more else text


def ingress_class(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an IngressClass."""
    name, since = _head(obj, now)
    spec = obj.get("spec") or {}
    parameters = spec.get("parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        shown = f"{parameters.get('kind', '')}{group}/{parameters.get('name', '')}"
    return [name, spec.get("controller", ""), shown, since]


def network_policy(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a NetworkPolicy."""
    name, since = _head(obj, now)
    return [name, selector_text((obj.get("spec") or {}).get("podSelector") or {}), since]


def endpoints(obj: Obj, now: float) -> list[Any]:
    """Return the cells of Endpoints."""
    name, since = _head(obj, now)
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [address.get("ip", "") for address in subset.get("addresses") or ()]
        ports = subset.get("ports") or []
        found += [_joined(address, port) for port in ports for address in addresses] if ports else addresses
    return [name, shortened(found) if found or not obj.get("subsets") else "", since]


def _joined(address: str, port: Obj) -> str:
    return f"[{address}]:{port.get('port')}" if ":" in address else f"{address}:{port.get('port')}"


def endpoint_slice(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an EndpointSlice."""
    name, since = _head(obj, now)
    ports = [str(port["port"]) if port.get("port") is not None else port.get("name", "*") for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses") or ()]
    return [name, obj.get("addressType", ""), _or_unset(ports), _or_unset(addresses), since]


def _or_unset(values: list[str]) -> str:
    return (shortened(values) if values else "") or UNSET


def ip_address(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an IPAddress."""
    name, since = _head(obj, now)
    parent = (obj.get("spec") or {}).get("parentRef") or {}
    parts = [parent.get("resource", "")]
    if parent.get("group"):
        parts[0] += f".{parent['group']}"
    parts += [parent[key] for key in ("namespace", "name") if parent.get(key)]
    return [name, "/".join(parts), since]


def service_cidr(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ServiceCIDR."""
    name, since = _head(obj, now)
    return [name, ",".join((obj.get("spec") or {}).get("cidrs") or ()), since]
