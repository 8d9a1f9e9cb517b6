"""Addresses and ports of Services."""

from __future__ import annotations

import asyncio

import orjson

from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.kit.aio import run_all
from pilothouse.kit.clock import Entropy
from pilothouse.store.memory import MemoryStore
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


def test_of_those_who_ask_for_one_port_or_address_at_once_one_gets_it() -> None:
    async def test(driver: Driver) -> None:
        port = [{"port": 80, "nodePort": 30080}]
        for field in ({"type": "NodePort", "ports": port}, {"clusterIP": "10.0.0.77"}):
            bodies = [_service(f"s{index}", **field) for index in range(12)]
            answers = await run_all(driver.call("POST", SERVICES, body) for body in bodies)
            assert sorted(status for status, _ in answers) == [201, *[422] * 11]
            assert {"already allocated" in answer.get("message", "") for status, answer in answers if status == 422} == {True}
            await driver.ok("DELETE", SERVICES)

    serve(test)


def test_one_port_serves_two_protocols_of_one_service() -> None:
    async def test(driver: Driver) -> None:
        ports = [{"name": name, "port": 53, "nodePort": 30053, "protocol": name.upper()} for name in ("tcp", "udp")]
        await driver.ok("POST", SERVICES, _service("dns", type="NodePort", ports=ports))

    serve(test)


def test_what_a_crash_left_reserved_is_free_after_a_restart() -> None:
    async def main() -> None:
        store, config = MemoryStore(), Config(service_range="10.9.0.0/16")
        first = ApiServer(store, entropy=Entropy(1), config=config)
        await first.start()
        kept = await Driver(first).ok("POST", SERVICES, _service("kept", type="NodePort"))
        asked = {"type": "NodePort", "clusterIP": "10.9.0.5", "ports": [{"port": 80, "nodePort": 30080}]}
        await first.stop()
        for key in ("networking.k8s.io/ipaddresses/10.9.0.5", "pilothouse.io/nodeports/30080"):
            await store.txn(f"/registry/{key}", 0, left_over(key))
        second = ApiServer(store, entropy=Entropy(1), config=config)
        await second.start()
        assert (await Driver(second).ok("POST", SERVICES, _service("other", **asked)))["spec"]["clusterIP"] == "10.9.0.5"
        taken = {"type": "NodePort", "clusterIP": kept["spec"]["clusterIP"]}
        assert (await Driver(second).call("POST", SERVICES, _service("thief", **taken)))[0] == 422
        await second.stop()

    asyncio.run(main())


def left_over(key: str) -> bytes:
    """Return a reservation as a server leaves it that dies before it writes the Service."""
    if "nodeports" in key:
        return orjson.dumps({"metadata": {"name": "port"}, "owner": "default/never"})
    labels = {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "never"}
    return orjson.dumps({"kind": "IPAddress", "metadata": {"name": "10.9.0.5", "labels": labels}, "spec": {"parentRef": parent}})
