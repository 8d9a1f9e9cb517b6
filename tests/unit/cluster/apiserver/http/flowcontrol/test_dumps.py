"""State as text."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve

PATH = "/debug/api_priority_and_fairness/"


def test_dumps() -> None:
    async def test(driver: Driver) -> None:
        text = (await (await driver.send("GET", f"{PATH}dump_priority_levels")).read()).decode()
        lines = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
        assert lines[0][:5] == ["PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests"]
        levels = {line[0]: line for line in lines[1:]}
        assert levels["workload-low"][1:5] == ["0", "true", "false", "0"] and levels["exempt"][5] == "1"
        queues = (await (await driver.send("GET", f"{PATH}dump_queues")).read()).decode()
        assert queues.startswith("PriorityLevelName,")
        assert (await driver.send("GET", f"{PATH}dump_requests")).status == 200
        assert (await driver.send("GET", f"{PATH}other")).status == 404

    serve(test)
