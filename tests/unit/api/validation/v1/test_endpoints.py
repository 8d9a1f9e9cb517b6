"""Endpoints and EndpointSlices."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.endpoints import endpoint_slice, endpoint_slice_update, endpoints
from tests.unit.api.validation.specimens import worded

_IP = {"ip": "10.0.0.1"}


@pytest.mark.parametrize(
    ("subset", "expected"),
    [
        ({"addresses": [_IP]}, []),
        ({}, ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"]),
        ({"addresses": [{**_IP, "hostname": "a.b"}]}, [
            'subsets[0].addresses[0].hostname: Invalid value: "a.b": must not contain dots'
        ]),
        ({"addresses": [{"ip": "169.254.0.1"}]}, [
            ('subsets[0].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, '
            "fe80::/10)")
        ]),
        ({"addresses": [_IP], "ports": [{"port": 1, "protocol": "X"}]}, [
            'subsets[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"'
        ]),
    ],
)  # fmt: skip
def test_endpoints(subset: dict[str, Any], expected: list[str]) -> None:
    assert worded(endpoints({"subsets": [subset]})) == expected


def _slice(kind: str = "IPv4", **more: Any) -> dict[str, Any]:
    return {"addressType": kind, "endpoints": [{"addresses": ["10.0.0.1"], **more.pop("endpoint", {})}], **more}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (_slice(), []),
        (_slice("X"), ['addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"']),
        (_slice("FQDN", endpoint={"addresses": ["a"]}), [
            'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots'
        ]),
        (_slice(endpoint={"hostname": "A"}), 1),
        (_slice(endpoint={"addresses": ["10.0.0.1"] * 101}), [
            "endpoints[0].addresses: Too many: 101: must have at most 100 items"
        ]),
        (_slice(endpoint={"hints": {"forZones": [{"name": "a"}, {"name": "a"}]}}), [
            'endpoints[0].hints.forZones[1].name: Duplicate value: "a"'
        ]),
        (_slice(ports=[{"name": "a", "protocol": "TCP"}] * 2), ['ports[1].name: Duplicate value: "a"']),
    ],
)  # fmt: skip
def test_a_slice(found: dict[str, Any], expected: Any) -> None:
    lines = worded(endpoint_slice(found))
    assert (len(lines) if isinstance(expected, int) else lines) == expected


def test_the_type_of_addresses_stays() -> None:
    assert worded(endpoint_slice_update(_slice(), _slice("FQDN"))) == ['addressType: Invalid value: "IPv4": field is immutable']
