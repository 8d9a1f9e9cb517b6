"""Addresses and ports of Services."""

from __future__ import annotations

from pilothouse.cluster.apiserver import Config
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

SERVICES = "/api/v1/namespaces/default/services"


def _service(name: str, **spec: object) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


def test_every_service_gets_its_own_address_and_gives_it_back() -> None:
    async def test(driver: Driver) -> None:
        seen = set()
        for index in range(5):
            made = await driver.ok("POST", SERVICES, _service(f"s{index}"))
            seen.add(made["spec"]["clusterIP"])
        assert len(seen) == 5 and "10.9.0.1" not in seen
        status, value = await driver.call("POST", SERVICES, _service("full"))
        assert status == 500 and "range is full" in value["message"]
        await driver.ok("DELETE", f"{SERVICES}/s0")
        await driver.ok("POST", SERVICES, _service("again"))

    serve(test, Config(service_range="10.9.0.0/29"))


def test_fixed_ports_are_refused_when_taken() -> None:
    async def test(driver: Driver) -> None:
        ports = [{"port": 80, "nodePort": 30080}]
        await driver.ok("POST", SERVICES, _service("a", type="NodePort", ports=ports))
        status, value = await driver.call("POST", SERVICES, _service("b", type="NodePort", ports=ports))
        assert status == 422 and "already allocated" in value["message"]
        made = await driver.ok("POST", SERVICES, _service("c", type="NodePort"))
        assert 30000 <= made["spec"]["ports"][0]["nodePort"] <= 32767

    serve(test)


def test_a_service_that_changes_its_type_gives_back_what_it_no_longer_needs() -> None:
    async def test(driver: Driver) -> None:
        ports = [{"port": 80, "nodePort": 30080}]
        await driver.ok("POST", SERVICES, _service("a", type="LoadBalancer", ports=ports))
        for kind in ("ClusterIP", "ExternalName"):
            patch = {"spec": {"type": kind, "externalName": "a.b" if kind == "ExternalName" else None}}
            changed = await driver.ok("PATCH", f"{SERVICES}/a", patch, headers={"content-type": MERGE})
            assert "nodePort" not in changed["spec"]["ports"][0] and "externalTrafficPolicy" not in changed["spec"]
        assert "clusterIP" not in changed["spec"]
        await driver.ok("POST", SERVICES, _service("b", type="NodePort", ports=ports))
        for index in range(4):
            await driver.ok("POST", SERVICES, _service(f"s{index}"))

    serve(test, Config(service_range="10.9.0.0/29"))


def test_a_replaced_service_keeps_what_was_allocated() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", SERVICES, _service("a", type="NodePort"))
        body = _service("a", type="NodePort")
        body["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
        again = await driver.ok("PUT", f"{SERVICES}/a", body)
        assert again["spec"] == made["spec"]

    serve(test)
