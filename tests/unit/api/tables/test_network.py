"""Rows of Services, Ingresses and endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.tables import network

BALANCED = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}, {"hostname": "a.example"}, {"ip": "10.0.0.1"}, {"ip": "10.0.0.9"}]}}


def obj(**fields: Any) -> dict[str, Any]:
    return {"metadata": {"name": "x"}, **fields}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"type": "LoadBalancer"}, {}, "<pending>"),
        ({"type": "LoadBalancer", "externalIPs": ["10.1.0.1"]}, {}, "10.1.0.1"),
        ({"type": "LoadBalancer", "externalIPs": ["10.1.0.1"]}, BALANCED, "10.0.0.1,10.0.0.9,a.example,10.1.0.1"),
        ({"type": "ClusterIP"}, {}, "<none>"),
        ({"type": "ExternalName", "externalName": "a.b"}, {}, "a.b"),
    ],
)
def test_external_addresses(spec: dict[str, Any], status: dict[str, Any], expected: str) -> None:
    assert network.service(obj(spec=spec, status=status), 0)[3] == expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [([], "*"), ([""], "*"), (["a", "", "b", "c"], "a,b,c"), (["a", "", "b", "c", ""], "a,b,c + 2 more...")],
)
def test_hosts(hosts: list[str], expected: str) -> None:
    assert network.ingress(obj(spec={"rules": [{"host": host} for host in hosts]}), 0)[2] == expected


@pytest.mark.parametrize(
    ("subsets", "expected"),
    [
        ([], "<none>"),
        ([{"notReadyAddresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}], ""),
        ([{"addresses": [{"ip": "10.0.0.1"}]}], "10.0.0.1"),
        ([{"addresses": [{"ip": "fd00::1"}, {"ip": "10.0.0.1"}], "ports": [{"port": 1}, {"port": 2}]}],
         "[fd00::1]:1,10.0.0.1:1,[fd00::1]:2 + 1 more..."),
    ],
)  # fmt: skip
def test_endpoints(subsets: list[Any], expected: str) -> None:
    assert network.endpoints(obj(subsets=subsets), 0)[1] == expected


@pytest.mark.parametrize(
    ("ports", "expected"), [([], "<unset>"), ([{}], "*"), ([{"name": ""}], "<unset>"), ([{"port": 1}, {"name": "a"}], "1,a")]
)
def test_ports_of_a_slice(ports: list[Any], expected: str) -> None:
    assert network.endpoint_slice(obj(addressType="IPv4", ports=ports), 0)[2] == expected
