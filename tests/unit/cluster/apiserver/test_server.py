"""The way of a request through all stages."""

from __future__ import annotations

import asyncio
import json

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"


def test_an_object_is_created_read_changed_and_deleted() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}, "data": {"a": "1"}})
        assert made["kind"] == "ConfigMap" and made["metadata"]["uid"] and made["metadata"]["resourceVersion"]
        changed = await driver.ok("PATCH", f"{MAPS}/x", {"data": {"b": "2"}}, headers={"content-type": MERGE})
        assert changed["data"] == {"a": "1", "b": "2"}
        assert await driver.ok("GET", f"{MAPS}/x") == changed
        gone = await driver.ok("DELETE", f"{MAPS}/x")
        assert gone["status"] == "Success" and gone["details"]["uid"] == made["metadata"]["uid"]
        status, _ = await driver.call("GET", f"{MAPS}/x")
        assert status == 404

    serve(test)


def test_what_was_written_survives_a_new_server_on_the_same_store() -> None:
    async def main() -> None:
        store = MemoryStore()
        first = ApiServer(store)
        await first.start()
        made = await Driver(first).ok("POST", MAPS, {"metadata": {"name": "x"}})
        await first.stop()
        await first.stop()
        second = ApiServer(store)
        await second.start()
        assert await Driver(second).ok("GET", f"{MAPS}/x") == made
        await second.stop()

    asyncio.run(main())


def test_two_servers_on_one_store_see_each_other() -> None:
    async def main() -> None:
        store = MemoryStore()
        servers = [ApiServer(store), ApiServer(store)]
        for server in servers:
            await server.start()
        first, second = Driver(servers[0]), Driver(servers[1])
        await first.ok("POST", MAPS, {"metadata": {"name": "x"}})
        assert (await second.ok("GET", f"{MAPS}/x"))["metadata"]["name"] == "x"
        for server in servers:
            await server.stop()

    asyncio.run(main())


def test_strangers_are_refused_and_requests_are_counted() -> None:
    async def test(driver: Driver) -> None:
        status, value = await driver.call("GET", "/api/v1/pods", peer=Peer("test"))
        assert status == 403 and "system:anonymous" in value["message"]
        status, text = await driver.call("GET", "/metrics")
        assert status == 200 and b"apiserver_request_total" in text and b'code="403"' in text

    serve(test)


def test_a_bug_of_ours_is_a_500_with_a_status() -> None:
    async def test(driver: Driver) -> None:
        def broken(*_: object) -> None:
            raise ZeroDivisionError("a bug")

        driver.server.access.authenticate = broken  # type: ignore[assignment,method-assign]
        response = await driver.send("GET", "/api/v1/pods")
        assert response.status == 500 and json.loads(await response.read())["reason"] == "InternalError"

    serve(test)


def test_made_up_paths_add_no_metrics() -> None:
    async def test(driver: Driver) -> None:
        nobody = Peer("test")
        for number in range(2):
            await driver.call("GET", f"/apis/made-up-{number}/v1/things", peer=nobody)
            await driver.call("GET", f"/api/v1/namespaces/default/pods/x/made-up-{number}", peer=nobody)
        text = await (await driver.send("GET", "/metrics")).read()
        assert b"made-up" not in text

    serve(test)


def test_a_server_that_no_longer_sees_its_store_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(event: object) -> None:
        raise RuntimeError("unreadable event")

    async def test(driver: Driver) -> None:
        monkeypatch.setattr(driver.server.backend.cache, "_apply", broken)
        await driver.server.backend.store.txn("/registry/configmaps/default/x", None, b"{}")
        while "etcd" not in driver.server.failing:
            await asyncio.sleep(0.001)
        status, text = await driver.call("GET", "/readyz")
        assert status == 500 and b"unreadable event" in text

    serve(test)
