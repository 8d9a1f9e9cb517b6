"""Where a Service is reached."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.http.endpoints import resolve
from pilothouse.kit.errors import Unavailable
from tests.unit.cluster.apiserver.driver import Driver, serve

SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


def piece(name: str, *addresses: tuple[str, bool], port: int = 9000) -> dict[str, Any]:
    endpoints = [{"addresses": [address], "conditions": {"ready": ready}} for address, ready in addresses]
    labels = {"kubernetes.io/service-name": "s"}
    return {"metadata": {"name": name, "labels": labels}, "addressType": "IPv4", "endpoints": endpoints,
            "ports": [{"name": "", "port": port}]}  # fmt: skip


def test_a_ready_endpoint_is_chosen_or_the_route_of_the_platform() -> None:
    async def test(driver: Driver) -> None:
        backend = driver.server.backend
        with pytest.raises(Unavailable, match='service "s" not found'):
            resolve(backend, "default", "s", 443)
        made = await driver.ok("POST", SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 443}]}})
        with pytest.raises(Unavailable, match='no service port 1 found for service "s"'):
            resolve(backend, "default", "s", 1)
        with pytest.raises(Unavailable, match='no endpoints available for service "s"'):
            resolve(backend, "default", "s", 443)
        await driver.ok("POST", SLICES, piece("a", ("10.1.1.1", False)))
        with pytest.raises(Unavailable, match="no endpoints"):
            resolve(backend, "default", "s", 443)
        await driver.ok("POST", SLICES, piece("b", ("10.1.1.2", True), ("10.1.1.3", True)))
        assert {resolve(backend, "default", "s", 443) for _ in range(40)} == {("10.1.1.2", 9000), ("10.1.1.3", 9000)}
        backend.service_route = lambda address, port: (f"to-{address}", port + 1)
        assert resolve(backend, "default", "s", 443) == (f"to-{made['spec']['clusterIP']}", 444)

    serve(test)


def test_names_elsewhere_are_no_endpoints() -> None:
    async def test(driver: Driver) -> None:
        spec = {"type": "ExternalName", "externalName": "example.com"}
        await driver.ok("POST", SERVICES, {"metadata": {"name": "s"}, "spec": spec})
        with pytest.raises(Unavailable, match='unsupported service type "ExternalName"'):
            resolve(driver.server.backend, "default", "s", 443)

    serve(test)
