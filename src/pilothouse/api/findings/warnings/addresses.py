"""IP addresses that programs read in different ways, or that are not in their canonical form."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from pilothouse.api.findings.fields import quote

_CONTROLLERS = ("endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io")
_LATER = "will be considered invalid in a future Kubernetes release: use"


def address_warnings(text: str, where: str) -> Iterator[str]:
    """Yield warnings about an IP address; none about text that is no address."""
    plain = _plain(text)
    if plain is None:
        return
    if ":" not in text or "." in plain:
        if plain != text:
            yield f"{where}: non-standard IP address {quote(text)} {_LATER} {quote(plain)}"
    elif plain != text:
        yield f"{where}: IPv6 address {quote(text)} should be in RFC 5952 canonical format ({quote(plain)})"


def _plain(text: str) -> str | None:
    try:
        found = ipaddress.ip_address(".".join(part.lstrip("0") or "0" for part in text.split(".")) if ":" not in text else text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def range_warnings(text: str, where: str) -> Iterator[str]:
    """Yield warnings about a range of addresses; none about text that is no range."""
    address, _, length = text.strip().partition("/")
    plain = _plain(address)
    if plain is None or not length.isdigit():
        return
    bits = int(length) - (96 if ":" in address and "." in plain else 0)
    try:
        network = ipaddress.ip_network(f"{plain}/{bits}", strict=False)
    except ValueError:
        return
    whole, single = str(network), f"{plain}/{network.max_prefixlen}"
    if str(network.network_address) != plain:
        yield f"{where}: CIDR value {quote(text)} is ambiguous in this context (should be {quote(whole)} or {quote(single)}?)"
    elif whole != text and ":" in text and "." not in plain:
        yield f"{where}: IPv6 CIDR value {quote(text)} should be in RFC 5952 canonical format ({quote(whole)})"
    elif whole != text:
        yield f"{where}: non-standard CIDR value {quote(text)} {_LATER} {quote(whole)}"


def service_warnings(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield warnings about a Service."""
    spec, notes = service.get("spec") or {}, service["metadata"].get("annotations") or {}
    kind, external, address = spec.get("type", "ClusterIP"), spec.get("externalIPs") or (), spec.get("loadBalancerIP", "")
    is_headless = kind == "ClusterIP" and spec.get("clusterIP") == "None"
    if "service.kubernetes.io/topology-aware-hints" in notes:
        old, new = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
        yield f"annotation {old} is deprecated, please use {new} instead"
    for index, text in enumerate(spec.get("clusterIPs") or () if not is_headless else ()):
        yield from address_warnings(text, f"spec.clusterIPs[{index}]")
    if is_headless:
        yield from _headless(spec)
    for index, text in enumerate(external):
        yield from address_warnings(text, f"spec.externalIPs[{index}]")
    if external and not is_headless and kind != "ExternalName":
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    yield from address_warnings(address, "spec.loadBalancerIP")
    for index, text in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        yield from range_warnings(text, f"spec.loadBalancerSourceRanges[{index}]")
    if kind == "ExternalName" and external:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if kind != "ExternalName" and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _headless(spec: Mapping[str, Any]) -> Iterator[str]:
    if spec.get("loadBalancerIP"):
        yield "spec.loadBalancerIP is ignored for headless services"
    if spec.get("externalIPs"):
        yield "spec.externalIPs is ignored for headless services"
    if spec.get("sessionAffinity", "None") != "None":
        yield "spec.SessionAffinity is ignored for headless services"


def endpoints_warnings(endpoints: Mapping[str, Any]) -> Iterator[str]:
    """Yield warnings about Endpoints that no controller wrote."""
    labels = endpoints["metadata"].get("labels") or {}
    subsets = endpoints.get("subsets") or () if labels.get("endpoints.kubernetes.io/managed-by") != "endpoint-controller" else ()
    for index, subset in enumerate(subsets):
        for field in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(field) or ()):
                yield from address_warnings(address.get("ip", ""), f"subsets[{index}].{field}[{position}].ip")


def slice_warnings(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield warnings about an EndpointSlice that no controller wrote."""
    if ((found["metadata"].get("labels") or {}).get("endpointslice.kubernetes.io/managed-by")) in _CONTROLLERS:
        return
    for index, endpoint in enumerate(found.get("endpoints") or ()):
        for position, text in enumerate(endpoint.get("addresses") or ()):
            yield from address_warnings(text, f"endpoints[{index}].addresses[{position}]")


def new_slice_warnings(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield warnings about a new EndpointSlice."""
    if found.get("addressType") == "FQDN":
        yield "spec.addressType: FQDN endpoints are deprecated"


def node_warnings(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield warnings about a Node: fields nobody reads any more."""
    spec = node.get("spec") or {}
    if spec.get("configSource") is not None:
        yield "spec.configSource: the feature is removed"
    if spec.get("externalID"):
        yield "spec.externalID: this field is deprecated, and is unused by Kubernetes"
