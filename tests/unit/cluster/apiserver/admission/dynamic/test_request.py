"""What hooks are told about a request."""

from __future__ import annotations

from typing import Any

from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, serve
from tests.unit.cluster.apiserver.hookserver import Hooks, allow, hooks

MAPS = "/api/v1/namespaces/default/configmaps"


def run(test: Any) -> None:
    async def main(driver: Driver) -> None:
        async with hooks(driver) as found:
            found.answers["/see"] = allow
            every = ("*",)
            await found.register("validating", "c", found.hook("/see", "*/*", operations=every))
            await test(driver, found)

    serve(main)


def test_updates_and_deletes() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"generateName": "a-"}}, query={"fieldManager": "me"})
        first = found.asked[-1]["request"]
        assert first["options"] == {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "me"}
        name = first["object"]["metadata"]["name"]
        await driver.ok("PATCH", f"{MAPS}/{name}", {"data": {"a": "b"}}, headers={"content-type": MERGE})
        update = found.asked[-1]["request"]
        assert (update["operation"], update["options"]["kind"]) == ("UPDATE", "UpdateOptions")
        assert update["object"]["data"] == {"a": "b"} and "data" not in update["oldObject"]
        await driver.ok("DELETE", f"{MAPS}/{name}", {"propagationPolicy": "Foreground"})
        gone = found.asked[-1]["request"]
        assert gone["name"] == name and gone["object"] is None and gone["options"]["propagationPolicy"] == "Foreground"

    run(test)


def test_collections_are_removed_one_by_one() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        for name in ("a", "b"):
            await driver.ok("POST", MAPS, {"metadata": {"name": name}})
        count = len(found.asked)
        await driver.ok("DELETE", MAPS, query={"dryRun": "All"})
        requests = [review["request"] for review in found.asked[count:]]
        assert [request["oldObject"]["metadata"]["name"] for request in requests] == ["a", "b"]
        assert all("name" not in request and request["dryRun"] is True for request in requests)

    run(test)


def test_namespaces_are_in_themselves() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await driver.ok("POST", "/api/v1/namespaces", {"metadata": {"name": "n"}})
        assert found.asked[-1]["request"]["namespace"] == "n"

    run(test)


def test_bindings_are_told_as_such() -> None:
    async def test(driver: Driver, found: Hooks) -> None:
        await driver.ok("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
        await driver.ok("POST", "/api/v1/namespaces/default/pods", POD)
        count = len(found.asked)
        body = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}
        await driver.ok("POST", "/api/v1/namespaces/default/pods/p/binding", body)
        (request,) = [review["request"] for review in found.asked[count:]]
        assert request["kind"]["kind"] == "Binding" and request["object"]["target"]["name"] == "n"
        assert request["resource"]["resource"] == "pods" and request["subResource"] == "binding"

    run(test)
