"""Rules of NetworkPolicies, IPAddresses and ServiceCIDRs."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.networking import (
    ip_address_object,
    ip_address_object_update,
    network_policy,
    service_cidr,
    service_cidr_update,
)


def _port(**port: Any) -> dict[str, Any]:
    return {"ingress": [{"ports": [port]}]}


def _block(**block: Any) -> dict[str, Any]:
    return {"ingress": [{"from": [{"ipBlock": block}]}]}


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        (_port(protocol="X"), ['Unsupported value: "X": supported values: "TCP", "UDP", "SCTP"']),
        (_port(port=9, endPort=5), ["Invalid value: 9: must be greater than or equal to `port`"]),
        (_port(port=9, endPort=70000), ["Invalid value: 70000: must be between 1 and 65535, inclusive"]),
        (_port(port="a", endPort=5), ["Invalid value: 5: may not be specified when `port` is non-numeric"]),
        (_port(endPort=5), ["Invalid value: 5: may not be specified when `port` is not specified"]),
        (_block(), ["Required value"]),
        (_block(cidr="10.0.0.0/8", **{"except": ["10.0.0.0/8"]}),
         ['Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`']),
        (_block(cidr="10.0.0.0/8", **{"except": ["10.1.0.0/16"]}), []),
        ({"ingress": [{"from": [{}]}]}, ["Required value: must specify a peer"]),
        ({"policyTypes": ["Ingress", "Egress", "Egress"]},
         ['Invalid value: ["Ingress","Egress","Egress"]: may not specify more than two policyTypes']),
    ],
)  # fmt: skip
def test_policies(spec: dict[str, Any], texts: list[str]) -> None:
    assert [error.text() for error in network_policy({"spec": spec})] == texts


def test_addresses_belong_to_something() -> None:
    assert [error.path for error in ip_address_object({"spec": {}})] == ["spec.parentRef"]
    assert [error.path for error in ip_address_object({"spec": {"parentRef": {"group": "A"}}})] == [
        "spec.parentRef.group", "spec.parentRef.resource", "spec.parentRef.name",
    ]  # fmt: skip
    parent = {"resource": "services", "name": "a"}
    (error,) = ip_address_object_update({"spec": {"parentRef": parent}}, {"spec": {"parentRef": {**parent, "name": "b"}}})
    assert error.value == {"Group": "", "Resource": "services", "Namespace": "", "Name": "a"}


@pytest.mark.parametrize(
    ("networks", "text"),
    [
        ([], "Required value: at least one CIDR required"),
        (["a", "b", "c"], 'Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values'),
        (["10.0.0.0/8", "11.0.0.0/8"], "may specify no more than one IP for each IP family"),
        (["2001:DB8::/64"], 'must be in canonical form ("2001:db8::/64")'),
        (["x"], "must be a valid CIDR value"),
    ],
)
def test_service_networks(networks: list[str], text: str) -> None:
    (error,) = service_cidr({"spec": {"cidrs": networks}})
    assert text in error.text()


@pytest.mark.parametrize(
    ("new", "paths"),
    [
        (["10.0.0.0/8"], []),
        (["11.0.0.0/8"], ["spec.cidrs[0]"]),
        (["10.0.0.0/8", "2001:db8::/64"], []),
        ([], ["spec.cidrs"]),
    ],
)
def test_service_networks_stay(new: list[str], paths: list[str]) -> None:
    errors = service_cidr_update({"spec": {"cidrs": new}}, {"spec": {"cidrs": ["10.0.0.0/8"]}})
    assert [error.path for error in errors] == paths
