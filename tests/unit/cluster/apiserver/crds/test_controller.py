"""Custom resources from definition to objects."""

from __future__ import annotations

import asyncio

from tests.unit.cluster.apiserver.driver import MERGE, Driver, crd, established, serve

WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
BODY = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def test_objects_are_pruned_defaulted_validated_and_shown() -> None:
    async def test(driver: Driver) -> None:
        columns = [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]
        size = {"type": "integer", "default": 3, "maximum": 5}
        await established(driver, crd(spec={"size": size}, additionalPrinterColumns=columns, subresources={"status": {}}))
        made = await driver.ok("POST", WIDGETS, {**BODY, "spec": {"unknown": 1}})
        assert made["spec"] == {"size": 3} and made["metadata"]["generation"] == 1
        status, value = await driver.call("PATCH", f"{WIDGETS}/x", {"spec": {"size": 9}}, headers={"content-type": MERGE})
        assert status == 422 and value["details"]["causes"][0]["field"] == "spec.size"
        table = await driver.ok("GET", WIDGETS, headers={"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
        assert table["rows"][0]["cells"] == ["x", 3]
        resources = await driver.ok("GET", "/apis/example.com/v1")
        assert {row["name"] for row in resources["resources"]} == {"widgets", "widgets/status"}

    serve(test)


def test_deleting_a_definition_deletes_its_objects() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        await driver.ok("POST", WIDGETS, BODY)
        await driver.ok("DELETE", f"{CRDS}/widgets.example.com")
        for _ in range(200):
            if (await driver.call("GET", f"{CRDS}/widgets.example.com"))[0] == 404:
                break
            await asyncio.sleep(0.005)
        assert (await driver.call("GET", WIDGETS))[0] == 404
        assert not driver.server.backend.all_of("example.com", "widgets")

    serve(test)


def test_a_second_definition_cannot_take_the_kind() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        await driver.ok("POST", CRDS, crd("others"))
        for _ in range(200):
            found = await driver.ok("GET", f"{CRDS}/others.example.com")
            if found["status"]["conditions"]:
                break
            await asyncio.sleep(0.005)
        reasons = {item["type"]: item["reason"] for item in found["status"]["conditions"]}
        assert reasons["NamesAccepted"] in ("KindConflict", "ListKindConflict") and reasons["Established"] == "NotAccepted"

    serve(test)


async def gone(driver: Driver, path: str) -> bool:
    for _ in range(100):
        if (await driver.call("GET", path))[0] == 404:
            return True
        await asyncio.sleep(0.005)
    return False


def test_a_definition_waits_for_objects_with_finalizers() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        await driver.ok("POST", WIDGETS, {**BODY, "metadata": {"name": "kept", "finalizers": ["a.com/f"]}})
        await driver.ok("POST", WIDGETS, BODY)
        await driver.ok("DELETE", f"{CRDS}/widgets.example.com")
        status, value = await driver.call("POST", WIDGETS, {**BODY, "metadata": {"name": "late"}})
        assert status == 403
        assert value["message"].endswith("create not allowed while custom resource definition is terminating")
        assert await gone(driver, f"{WIDGETS}/x")
        kept = await driver.ok("GET", f"{WIDGETS}/kept")
        assert kept["metadata"]["deletionTimestamp"]
        assert (await driver.call("GET", f"{CRDS}/widgets.example.com"))[0] == 200
        await driver.ok("PATCH", f"{WIDGETS}/kept", {"metadata": {"finalizers": None}}, headers={"content-type": MERGE})
        assert await gone(driver, f"{CRDS}/widgets.example.com")

    serve(test)


def test_the_server_owns_the_status_it_writes() -> None:
    async def test(driver: Driver) -> None:
        await established(driver, crd())
        found = await driver.ok("GET", f"{CRDS}/widgets.example.com")
        owners = {(entry["manager"], entry.get("subresource", "")) for entry in found["metadata"]["managedFields"]}
        assert owners == {("unit", ""), ("kube-apiserver", "status")}

    serve(test)
