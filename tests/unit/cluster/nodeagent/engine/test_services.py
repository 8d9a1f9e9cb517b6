"""Listeners, endpoints, addresses on the machine, and names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.cluster.nodeagent.engine.services import (
    Endpoint,
    build_table,
    choose_endpoint,
    free_pod_address,
    host_address,
    ready_endpoints,
    service_urls,
)
from pilothouse.kit.errors import NotFound


def endpoint(ip: str, uid: str = "", **conditions: bool) -> dict[str, Any]:
    return {"addresses": [ip], "conditions": conditions, "targetRef": {"uid": uid}}


def piece(*endpoints: dict[str, Any], port: int = 8080, name: str = "http") -> dict[str, Any]:
    return {"endpoints": list(endpoints), "ports": [{"name": name, "port": port, "protocol": "TCP"}]}


def service(**spec: Any) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]
    return {"metadata": {"namespace": "d", "name": "web"}, "spec": {"clusterIP": "10.96.1.2", "ports": ports, **spec}}


def test_addresses_on_the_machine() -> None:
    assert host_address("10.96.1.2", 8080, False) == ("127.96.1.2", 8080)
    assert host_address("10.96.1.2", 80, False) == ("127.96.1.2", 20080)
    assert host_address("10.96.1.2", 80, True) == ("127.96.1.2", 80)
    with pytest.raises(ValueError, match="not in the service network"):
        host_address("10.97.0.1", 80, True)


def test_urls() -> None:
    assert service_urls(service(), True) == ["http://127.96.1.2"]
    assert service_urls(service(), False) == ["http://127.96.1.2:20080"]
    tls = [{"port": 443}, {"port": 8443, "name": "https"}, {"port": 53, "protocol": "UDP"}]
    assert service_urls(service(ports=tls), True) == ["https://127.96.1.2", "https://127.96.1.2:8443", "udp://127.96.1.2:53"]
    assert service_urls(service(ports=tls), True, "https") == ["https://127.96.1.2:8443"]
    with pytest.raises(NotFound, match="headless"):
        service_urls(service(clusterIP="None"), True)
    with pytest.raises(NotFound, match="has no port"):
        service_urls(service(), True, "other")


def test_only_ready_endpoints_that_are_not_leaving() -> None:
    pieces = [
        piece(endpoint("10.244.0.2", "a", ready=True), endpoint("10.244.0.3", "b", ready=False), endpoint("192.0.2.9", "c"))
    ]
    found = ready_endpoints(pieces, "http", True, frozenset())
    assert found == (Endpoint("10.244.0.2", 8080, "node"), Endpoint("192.0.2.9", 8080, "host"))
    assert ready_endpoints(pieces, "http", True, frozenset({"a"})) == (Endpoint("192.0.2.9", 8080, "host"),)
    assert ready_endpoints(pieces, "other", True, frozenset()) == ()


def test_terminating_endpoints_serve_when_nothing_else_does() -> None:
    last = endpoint("10.244.0.2", ready=False, serving=True, terminating=True)
    assert ready_endpoints([piece(last)], "http", True, frozenset()) == (Endpoint("10.244.0.2", 8080),)
    assert ready_endpoints([piece(last, endpoint("10.244.0.3", ready=True))], "http", True, frozenset()) == (
        Endpoint("10.244.0.3", 8080),
    )


def test_the_table() -> None:
    pod = {
        "metadata": {"namespace": "d", "name": "p"},
        "status": {"podIP": "10.244.0.9"},
        "spec": {"containers": [{"ports": [{"containerPort": 1, "hostPort": 9000}]}]},
    }
    slices = {"d/web": [piece(endpoint("10.244.0.2", ready=True))]}
    table = build_table([service()], slices, [pod], has_network=True, may_bind_low=False, api=("127.0.0.1", 6443))
    places = {(one.side, one.ip, one.port): one.endpoints for one in table.listeners}
    target = (Endpoint("10.244.0.2", 8080),)
    assert places == {
        ("node", "10.96.1.2", 80): target,
        ("host", "127.96.1.2", 20080): target,
        ("host", "127.0.0.1", 30080): target,
        ("host", "127.0.0.1", 9000): (Endpoint("10.244.0.9", 1),),
        ("node", "10.96.0.1", 443): (Endpoint("127.0.0.1", 6443, "host"),),
    }
    assert table.names == {"web.d.svc": ["10.96.1.2"], "kubernetes.default.svc": ["10.96.0.1"]}
    assert table.ports == {"_http._tcp.web.d.svc": [("web.d.svc", 80)]}
    without = build_table([service()], slices, [pod], has_network=False, may_bind_low=False)
    assert {one.side for one in without.listeners} == {"host"}


def test_headless_services_name_their_pods() -> None:
    hosts = [
        {**endpoint("10.244.0.2", ready=True), "hostname": "db-0"},
        endpoint("10.244.0.3", ready=True),
        endpoint("10.244.0.4", ready=False),
    ]
    table = build_table([service(clusterIP="None")], {"d/web": [piece(*hosts)]}, [], has_network=True, may_bind_low=True)
    assert table.listeners == ()
    assert table.names == {
        "web.d.svc": ["10.244.0.2", "10.244.0.3"],
        "db-0.web.d.svc": ["10.244.0.2"],
        "10-244-0-3.web.d.svc": ["10.244.0.3"],
    }
    assert table.ports["_http._tcp.web.d.svc"] == [("db-0.web.d.svc", 8080), ("10-244-0-3.web.d.svc", 8080)]


ENDPOINTS = tuple(Endpoint(f"10.244.0.{n}", 80) for n in range(2, 6))


@given(st.integers(0, 1000), st.sets(st.sampled_from(ENDPOINTS)), st.booleans())
def test_choice_never_repeats_a_tried_endpoint(turn: int, tried: set[Endpoint], is_sticky: bool) -> None:
    chosen = choose_endpoint(ENDPOINTS, turn, "10.244.0.9", is_sticky, frozenset(tried))
    assert (chosen is None) == (len(tried) == len(ENDPOINTS))
    assert chosen not in tried
    if is_sticky:
        assert chosen == choose_endpoint(ENDPOINTS, turn + 1, "10.244.0.9", True, frozenset(tried))


def test_round_robin_is_even() -> None:
    chosen = [choose_endpoint(ENDPOINTS, turn, "", False, frozenset()) for turn in range(8)]
    assert sorted(chosen.count(one) for one in ENDPOINTS) == [2, 2, 2, 2]


def test_pod_addresses_go_round() -> None:
    assert free_pod_address(set()) == "10.244.0.2"
    assert free_pod_address({"10.244.0.2", "10.244.0.3"}) == "10.244.0.4"
    assert free_pod_address({"10.244.0.2"}, "10.244.255.254") == "10.244.0.3"
    everything = {f"10.244.{third}.{fourth}" for third in range(256) for fourth in range(256)}
    assert free_pod_address(everything) is None
