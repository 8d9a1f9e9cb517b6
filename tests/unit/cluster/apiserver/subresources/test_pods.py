"""Binding, eviction, logs."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, serve

PODS = "/api/v1/namespaces/ns/pods"


def test_a_pod_is_bound_once() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        await driver.ok("POST", PODS, POD)
        assert (await driver.send("GET", f"{PODS}/p/log")).status == 204
        body = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n1"}}
        await driver.ok("POST", f"{PODS}/p/binding", body)
        assert (await driver.ok("GET", f"{PODS}/p"))["spec"]["nodeName"] == "n1"
        status, value = await driver.call("POST", f"{PODS}/p/binding", body)
        assert status == 409 and "already assigned" in value["message"]

    serve(test)


def test_a_binding_names_a_node() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        await driver.ok("POST", PODS, POD)
        name = "target.name: Required value"
        kind = 'target.kind: Unsupported value: "Minion": supported values: "Node", "<empty>"'
        for target, text in (({"name": ""}, name), ({"kind": "Minion"}, f"[{kind}, {name}]")):
            status, value = await driver.call("POST", f"{PODS}/p/binding", {"metadata": {"name": "p"}, "target": target})
            assert (status, value["message"]) == (500, text)

    serve(test)


def test_a_budget_without_room_stops_an_eviction() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        await driver.ok("POST", PODS, {**POD, "metadata": {"name": "p", "labels": {"a": "b"}}})
        await driver.ok("PATCH", f"{PODS}/p/status", {"status": {"phase": "Running"}}, headers={"content-type": MERGE})
        budgets = "/apis/policy/v1/namespaces/ns/poddisruptionbudgets"
        await driver.ok("POST", budgets, {"metadata": {"name": "b"}, "spec": {"selector": {"matchLabels": {"a": "b"}}}})
        status, value = await driver.call("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}})
        assert status == 429 and value["reason"] == "TooManyRequests"
        done = {"status": {"observedGeneration": 1, "disruptionsAllowed": 1}}
        await driver.ok("PATCH", f"{budgets}/b/status", done, headers={"content-type": MERGE})
        assert (await driver.call("POST", f"{PODS}/p/eviction", {"metadata": {"name": "p"}}))[0] == 201
        assert (await driver.call("GET", f"{PODS}/p"))[0] == 404

    serve(test)


def test_logs_come_from_the_node_or_say_why_not() -> None:
    class Node:
        async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
            async def chunks() -> AsyncIterator[bytes]:
                yield f"{namespace}/{pod}/{container}".encode()

            return chunks()

    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        await driver.ok("POST", PODS, {**POD, "spec": {**POD["spec"], "nodeName": "n"}})
        assert (await driver.call("GET", f"{PODS}/p/log"))[0] == 503
        driver.server.backend.node_proxy = Node()
        assert await driver.ok("GET", f"{PODS}/p/log") == b"ns/p/c"
        assert (await driver.call("GET", f"{PODS}/p/log", query={"container": "zz"}))[0] == 400

    serve(test)
