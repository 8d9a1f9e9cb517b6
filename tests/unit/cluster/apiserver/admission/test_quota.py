"""Quotas charge what is created."""

from __future__ import annotations

from typing import Any

from pilothouse.kit.aio import run_all
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

QUOTAS, MAPS = "/api/v1/namespaces/default/resourcequotas", "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"


async def _limited(driver: Driver, name: str = "q", **hard: str) -> None:
    await driver.ok("POST", QUOTAS, {"metadata": {"name": name}, "spec": {"hard": hard}})
    status = {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    await driver.ok("PATCH", f"{QUOTAS}/{name}/status", status, headers={"content-type": MERGE})


async def _used(driver: Driver, name: str = "q") -> Any:
    return (await driver.ok("GET", f"{QUOTAS}/{name}"))["status"]["used"]


def _map(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}}


def test_objects_are_charged_until_there_is_no_room() -> None:
    async def test(driver: Driver) -> None:
        await _limited(driver, configmaps="2")
        await driver.ok("POST", MAPS, _map("a"), query={"dryRun": "All"})
        assert await _used(driver) == {"configmaps": "0"}
        await driver.ok("POST", MAPS, _map("a"))
        await driver.ok("POST", MAPS, _map("b"))
        status, value = await driver.call("POST", MAPS, _map("c"))
        assert (status, value["message"]) == (
            403,
            'configmaps "c" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
        )
        assert (await driver.call("POST", MAPS, _map("c"), query={"dryRun": "All"}))[0] == 403

    serve(test)


def test_a_charge_is_given_back_when_nothing_was_stored() -> None:
    async def test(driver: Driver) -> None:
        await _limited(driver, configmaps="5", services="5")
        await driver.ok("POST", MAPS, _map("a"))
        assert (await driver.call("POST", MAPS, _map("a")))[0] == 409
        taken = {"ports": [{"port": 80}], "clusterIP": "10.0.0.1"}
        assert (await driver.call("POST", SERVICES, {"metadata": {"name": "s"}, "spec": taken}))[0] == 422
        assert await _used(driver) == {"configmaps": "1", "services": "0"}

    serve(test)


def test_writers_at_once_never_get_more_than_there_is() -> None:
    async def test(driver: Driver) -> None:
        await _limited(driver, configmaps="7")
        await _limited(driver, "other", configmaps="9")
        answers = await run_all(driver.call("POST", MAPS, _map(f"m{index}")) for index in range(30))
        assert sorted({status for status, _ in answers}) == [201, 403]
        assert sum(status == 201 for status, _ in answers) == 7
        assert (await _used(driver), await _used(driver, "other")) == ({"configmaps": "7"}, {"configmaps": "7"})

    serve(test)


def test_a_service_that_becomes_reachable_is_charged_for_its_ports() -> None:
    async def test(driver: Driver) -> None:
        await _limited(driver, **{"services.nodeports": "1"})
        await driver.ok("POST", SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})
        reachable = {"spec": {"type": "NodePort"}}
        await driver.ok("PATCH", f"{SERVICES}/s", reachable, headers={"content-type": MERGE})
        assert await _used(driver) == {"services.nodeports": "1"}
        more = {"spec": {"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]}}
        status, value = await driver.call("PATCH", f"{SERVICES}/s", more, headers={"content-type": MERGE})
        assert status == 403 and "requested: services.nodeports=1, used: services.nodeports=1" in value["message"]

    serve(test)


def test_quotas_of_other_namespaces_do_not_matter() -> None:
    async def test(driver: Driver) -> None:
        await _limited(driver, configmaps="0")
        await driver.namespace("free")
        await driver.ok("POST", "/api/v1/namespaces/free/configmaps", _map("a"))
        assert (await driver.call("POST", MAPS, _map("a")))[0] == 403

    serve(test)
