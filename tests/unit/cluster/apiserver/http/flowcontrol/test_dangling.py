"""The status of FlowSchemas."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.cluster.apiserver.http.flowcontrol.dangling import with_condition
from tests.unit.cluster.apiserver.driver import Driver, serve

URL = "/apis/flowcontrol.apiserver.k8s.io/v1/"


def test_the_condition_changes_its_time_with_its_status() -> None:
    schema = {"metadata": {"name": "s"}, "spec": {"priorityLevelConfiguration": {"name": "l"}}}
    missing = with_condition(schema, set(), "t1")
    assert missing is not None and with_condition(missing, set(), "t2") is None
    found = with_condition(missing, {"l"}, "t2")
    assert found is not None and found["status"]["conditions"] == [{
        "type": "Dangling", "status": "False", "reason": "Found", "lastTransitionTime": "t2",
        "message": 'This FlowSchema references the PriorityLevelConfiguration object named "l" and it exists',
    }]  # fmt: skip


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
