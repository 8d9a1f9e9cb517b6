"""Services."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.services import service, service_status, service_update
from tests.unit.api.validation.specimens import worded

_PORT = {"port": 80, "protocol": "TCP", "targetPort": 80}
_SPEC = {"type": "ClusterIP", "ports": [_PORT], "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}
_BALANCER = {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": True, "externalTrafficPolicy": "Cluster"}
_ONLY = "may only be used when `type` is 'LoadBalancer'"


def _service(notes: dict[str, str] | None = None, status: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "s", "annotations": notes or {}}, "spec": {**_SPEC, **spec}, "status": status or {}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"type": "NodePort", "clusterIP": "None", "externalTrafficPolicy": "Cluster"}, [
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"
        ]),
        ({"type": "ExternalName", "externalName": "a.b.", "ipFamilies": ["IPv4"], "internalTrafficPolicy": None}, [
            "spec.ipFamilies: Forbidden: may not be set for ExternalName services"
        ]),
        ({"ports": [{**_PORT, "nodePort": 1}]}, [("spec.ports[0].nodePort: Forbidden: may not be used when `type` is "
                                                 "'ClusterIP'")]),
        ({**_BALANCER, "ports": [{**_PORT, "name": n, "port": p, "nodePort": 1} for n, p in (("a", 1), ("b", 2))]}, [
            "spec.ports[1].nodePort: Duplicate value: 1"
        ]),
        ({"sessionAffinity": "ClientIP"}, [
            "spec.sessionAffinityConfig: Required value: when session affinity type is ClientIP"
        ]),
        ({"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}}, [
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400"
        ]),
        ({"loadBalancerSourceRanges": ["10.0.0.1/8"]}, [
            f"spec.LoadBalancerSourceRanges: Forbidden: {_ONLY}",
            'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
        ]),
        ({"allocateLoadBalancerNodePorts": False}, [f"spec.allocateLoadBalancerNodePorts: Forbidden: {_ONLY}"]),
        ({"type": "LoadBalancer", "externalTrafficPolicy": "X"}, [
            "allocateLoadBalancerNodePorts: Required value",
            'spec.externalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"',
        ]),
        ({**_BALANCER, "loadBalancerClass": "a b"}, 1),
        ({"type": ""}, ["spec.type: Required value"]),
        ({"externalIPs": ["0.0.0.0"], "externalTrafficPolicy": "Cluster"}, [
            'spec.externalIPs[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'
        ]),
        ({"trafficDistribution": ""}, [
            'spec.trafficDistribution: Unsupported value: "": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"'
        ]),
    ],
)  # fmt: skip
def test_a_service(spec: dict[str, Any], expected: Any) -> None:
    found = worded(service(_service(**spec)))
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_annotations_of_old() -> None:
    hints, mode = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
    assert worded(service(_service({hints: "a", mode: "b"}))) == [
        f'metadata.annotations[{mode}]: Invalid value: "b": must match annotations[{hints}] when both are specified'
    ]
    ranges = "service.beta.kubernetes.io/load-balancer-source-ranges"
    assert worded(service(_service({ranges: "10.0.0.0/8, x"}, **_BALANCER))) == [
        f'metadata.annotations[{ranges}]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"type": "NodePort", "externalTrafficPolicy": "Cluster"}, []),
        ({**_BALANCER, "loadBalancerClass": "a"}, {**_BALANCER}, ["spec.loadBalancerClass"]),
        (
            {**_BALANCER, "externalTrafficPolicy": "Local", "healthCheckNodePort": 1},
            {**_BALANCER, "externalTrafficPolicy": "Local", "healthCheckNodePort": 2},
            ["spec.healthCheckNodePort"],
        ),
    ],
)
def test_what_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert [finding.path for finding in service_update(_service(**new), _service(**old))] == expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"ip": "10.0.0.1", "ipMode": "VIP"}, []),
        ({"ip": "10.0.0.1"}, ["ipMode: Required value: must be specified when `ip` is set"]),
        ({"ipMode": "VIP"}, ["ipMode: Forbidden: may not be specified when `ip` is not set"]),
        ({"ip": "x", "ipMode": "X"}, 2),
        ({"hostname": "10.0.0.1"}, ['hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address']),
    ],
)
def test_where_a_balancer_is_reached(item: dict[str, str], expected: Any) -> None:
    found = worded(service_status(_service(status={"loadBalancer": {"ingress": [item]}}, **_BALANCER), _service(**_BALANCER)))
    lines = [line.removeprefix("status.loadBalancer.ingress[0].") for line in found]
    assert (len(lines) if isinstance(expected, int) else lines) == expected


def test_only_balancers_are_reached() -> None:
    found = service_status(_service(status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}), _service())
    assert worded(found) == ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]
