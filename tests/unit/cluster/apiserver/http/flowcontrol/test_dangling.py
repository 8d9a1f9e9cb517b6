"""The status of FlowSchemas."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.http.flowcontrol.dangling import MANAGER, new_condition, with_condition
from tests.unit.cluster.apiserver.driver import Driver, serve

URL = "/apis/flowcontrol.apiserver.k8s.io/v1/"


def test_the_condition_changes_its_time_with_its_status() -> None:
    resource = Scheme().resource("flowcontrol.apiserver.k8s.io", "v1", "flowschemas")
    assert resource is not None
    schema = {"metadata": {"name": "s"}, "spec": {"priorityLevelConfiguration": {"name": "l"}}}
    missing = new_condition(schema, set(), "t1")
    assert missing is not None and missing["status"] == "True"
    stored = with_condition(resource, schema, missing, "2026-01-01T00:00:00Z")
    assert stored["metadata"]["managedFields"][0]["manager"] == MANAGER and new_condition(stored, set(), "t2") is None
    assert new_condition(stored, {"l"}, "t2") == {
        "type": "Dangling", "status": "False", "reason": "Found", "lastTransitionTime": "t2",
        "message": 'This FlowSchema references the PriorityLevelConfiguration object named "l" and it exists',
    }  # fmt: skip


async def status_of(driver: Driver, name: str, wanted: str) -> str:
    found: dict[str, Any] = {}
    for _ in range(200):
        found = await driver.ok("GET", f"{URL}flowschemas/{name}")
        conditions = (found.get("status") or {}).get("conditions") or [{"status": ""}]
        if conditions[0]["status"] == wanted:
            break
        await asyncio.sleep(0.005)
    return str(conditions[0]["status"])


def test_it_is_kept_on_a_server() -> None:
    async def test(driver: Driver) -> None:
        assert await status_of(driver, "catch-all", "False") == "False"
        spec = {"priorityLevelConfiguration": {"name": "later"}}
        await driver.ok("POST", f"{URL}flowschemas", {"metadata": {"name": "s"}, "spec": spec})
        assert await status_of(driver, "s", "True") == "True"
        level = {"metadata": {"name": "later"}, "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}}}}
        await driver.ok("POST", f"{URL}prioritylevelconfigurations", level)
        assert await status_of(driver, "s", "False") == "False"

    serve(test)


def test_what_every_cluster_has_comes_back() -> None:
    async def test(driver: Driver) -> None:
        before = await driver.ok("GET", f"{URL}flowschemas/catch-all")
        await driver.ok("DELETE", f"{URL}flowschemas/catch-all")
        for _ in range(200):
            status, found = await driver.call("GET", f"{URL}flowschemas/catch-all")
            if status == 200:
                break
            await asyncio.sleep(0.005)
        assert found["spec"] == before["spec"] and found["metadata"]["uid"] != before["metadata"]["uid"]

    serve(test)
