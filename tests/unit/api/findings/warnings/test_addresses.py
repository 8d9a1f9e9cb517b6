"""Addresses in odd forms, and Services."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.findings.warnings.addresses import address_warnings, range_warnings, service_warnings

LATER = "will be considered invalid in a future Kubernetes release: use"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("1.2.3.4", ""),
        ("fd00::1", ""),
        ("nonsense", ""),
        ("", ""),
        ("01.2.3.4", f'x: non-standard IP address "01.2.3.4" {LATER} "1.2.3.4"'),
        ("::ffff:1.2.3.4", f'x: non-standard IP address "::ffff:1.2.3.4" {LATER} "1.2.3.4"'),
        ("FD00:0::1", 'x: IPv6 address "FD00:0::1" should be in RFC 5952 canonical format ("fd00::1")'),
    ],
)
def test_addresses(text: str, warning: str) -> None:
    assert list(address_warnings(text, "x")) == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("10.0.0.0/8", ""),
        ("nonsense/8", ""),
        ("10.0.0.0/99", ""),
        ("10.1.0.0/8", 'x: CIDR value "10.1.0.0/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.0.0/32"?)'),
        ("010.0.0.0/8", f'x: non-standard CIDR value "010.0.0.0/8" {LATER} "10.0.0.0/8"'),
        ("FD00::/8", 'x: IPv6 CIDR value "FD00::/8" should be in RFC 5952 canonical format ("fd00::/8")'),
    ],
)
def test_ranges(text: str, warning: str) -> None:
    assert list(range_warnings(text, "x")) == ([warning] if warning else [])


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        ({"trafficDistribution": "PreferClose"},
         ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']),
        ({"externalIPs": ["1.1.1.1"]}, ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]),
        ({"clusterIP": "None", "sessionAffinity": "ClientIP", "loadBalancerIP": "1.1.1.1"},
         ["spec.loadBalancerIP is ignored for headless services", "spec.SessionAffinity is ignored for headless services"]),
        ({"type": "ExternalName", "externalIPs": ["1.1.1.1"]}, ['spec.externalIPs is ignored when spec.type is "ExternalName"']),
        ({"externalName": "a.b"}, ['spec.externalName is ignored when spec.type is not "ExternalName"']),
    ],
)  # fmt: skip
def test_services(spec: dict[str, Any], texts: list[str]) -> None:
    assert list(service_warnings({"metadata": {}, "spec": spec})) == texts
