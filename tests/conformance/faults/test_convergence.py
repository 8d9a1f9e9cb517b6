"""Every shipped plan, one story: the end is the one without faults."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.faults import FaultPlan, Faults, shipped_plans
from pilothouse.sdk.client import Client
from pilothouse.testing.controlplane import cluster
from pilothouse.wire.http.messages import InProcessTransport, Peer
from tests.conformance.faults.story import VERSIONS, state_of, tell, watch_until
from tests.score.figures import note_rate

CONTROLLERS = "admin"
"""The user the controllers of a test cluster act as."""
PLANS = shipped_plans(CONTROLLERS)
STEP_S = 40.0
REST_S = 1.0


async def played(folder: Path, plan: FaultPlan | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return (the state at rest, the rules with how often each struck)."""
    faults = Faults()
    faults.load(plan)
    async with cluster(folder, faults=faults) as manager:
        transport = manager.client.transport
        assert isinstance(transport, InProcessTransport)
        person = Client(transport.acting_as(Peer(common_name="person", organizations=("system:masters",))))
        await tell(person, lambda ready: watch_until(person, ready, STEP_S))
        end = await at_rest(person)
        return end, faults.state()


async def at_rest(client: Client) -> dict[str, Any]:
    """Return the state once no object has been written for a while; raises AssertionError when that never comes."""
    seen: dict[str, Any] = {}
    for _ in range(20):
        found = await state_of(client)
        if found == seen:
            del found[VERSIONS]
            return found
        seen = found
        await asyncio.sleep(REST_S)
    raise AssertionError(f"the controllers never stop writing: {seen}")


@pytest.fixture(scope="module")
def without_faults(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return asyncio.run(played(tmp_path_factory.mktemp("plain"), None))[0]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANS)
def test_controllers_end_where_they_end_without_faults(name: str, tmp_path: Path, without_faults: dict[str, Any]) -> None:
    end, rules = asyncio.run(played(tmp_path, PLANS[name]))
    assert sum(rule["struck"] for rule in rules) > 0, "the plan never struck"
    assert end == without_faults
    assert end["orphans"] == []
    note_rate("fault_plans", 1, 1)
