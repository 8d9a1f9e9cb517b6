"""Logs: as a body, as messages, and options that make no sense."""

from __future__ import annotations

import pytest

from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.subresources.remote import PODS, Node, Program, begin, bound_pod, upgrade


def test_a_log_is_a_body_or_a_websocket() -> None:
    async def test(driver: Driver) -> None:
        node = driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        response = await driver.send("GET", f"{PODS}/p/log", query={"container": "c", "follow": "1", "tailLines": "5"})
        assert (await response.read(), response.content_type) == (b"one\ntwo\n", "text/plain")
        assert node.calls[0][2]["follow"] == "true" and node.calls[0][2]["tailLines"] == "5"
        client, task, _ = begin(await upgrade(driver, "p/log?container=c", "base64.binary.k8s.io"))
        assert [await client.receive() for _ in range(3)] == [b"b25lCg==", b"dHdvCg==", None]
        await task
        client, task, _ = begin(await upgrade(driver, "p/log?container=c"))
        assert await client.receive() == b"one\n"
        await task
        refused = await upgrade(driver, "p/log?container=c", "other")
        assert refused.status == 400

    serve(test)


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"tailLines": "-1"}, 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ({"limitBytes": "0"}, 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        ({"sinceSeconds": "5", "sinceTime": "2026-01-01T00:00:00Z"}, 422, "at most one of `sinceTime` or `sinceSeconds`"),
        ({"tailLines": "many"}, 400, 'parsing "many": invalid syntax'),
        ({}, 400, "a container name must be specified for pod p, choose one of: [c d] or one of the init containers: [i]"),
    ],
)
def test_options_that_make_no_sense(query: dict[str, str], status: int, text: str) -> None:
    async def test(driver: Driver) -> None:
        driver.server.backend.node_proxy = Node(Program())
        await bound_pod(driver)
        found, value = await driver.call("GET", f"{PODS}/p/log", query=query)
        assert found == status and text in value["message"], value

    serve(test)
