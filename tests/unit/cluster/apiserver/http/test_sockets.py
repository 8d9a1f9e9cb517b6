"""Watches as WebSocket messages."""

from __future__ import annotations

import asyncio
import json

from pilothouse.wire.http.messages import Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import WEBSOCKET, begin

MAPS = "/api/v1/namespaces/ns/configmaps"


def test_a_watch_sends_one_message_for_each_event() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        for name in ("a", "b"):
            await driver.ok("POST", MAPS, {"metadata": {"name": name}})
        headers = {**WEBSOCKET, "sec-websocket-protocol": "base64.binary.k8s.io"}
        request = Request("GET", MAPS, [("watch", "1")], headers, b"", ADMIN, can_upgrade=True)
        response = await driver.server.handle(request)
        assert response.header("sec-websocket-protocol") == "base64.binary.k8s.io"
        client, task, near = begin(response)
        seen = [json.loads(await client.receive() or b"") for _ in range(2)]
        assert [(event["type"], event["object"]["metadata"]["name"]) for event in seen] == [("ADDED", "a"), ("ADDED", "b")]
        await driver.ok("DELETE", f"{MAPS}/a")
        assert json.loads(await client.receive() or b"")["type"] == "DELETED"
        await client.send(b"clients have nothing to say")
        await client.close()
        await asyncio.wait_for(task, 5)
        resource = driver.server.scheme.resource("", "v1", "configmaps")
        assert resource is not None and not driver.server.backend.cached(resource).listeners
        await near.close()

    serve(test)


def test_other_upgrades_and_failures_stay_http() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        headers = {"upgrade": "h2c", "connection": "Upgrade"}
        response = await driver.server.handle(Request("GET", MAPS, [("watch", "1")], headers, b"", ADMIN, can_upgrade=True))
        assert response.status == 200
        await response.aclose()
        broken = {**WEBSOCKET, "sec-websocket-version": "8"}
        response = await driver.server.handle(Request("GET", MAPS, [("watch", "1")], broken, b"", ADMIN, can_upgrade=True))
        assert response.status == 400
        resource = driver.server.scheme.resource("", "v1", "configmaps")
        assert resource is not None and not driver.server.backend.cached(resource).listeners

    serve(test)
