"""Watches over a restart: history for the stated number of writes, 410 before it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.apiserver.watchcache import cache
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.testing.disks import SimulatedFiles
from pilothouse.wire.http.messages import Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver

MAPS = "/api/v1/namespaces/default/configmaps"
WINDOW = 40


async def started(files: SimulatedFiles) -> ApiServer:
    store = LogStore(Disk(files), LogConfig(snapshot_every=100), SystemClock(), Faults())
    server = ApiServer(store, entropy=Entropy(1))
    await server.start()
    return server


async def stopped(server: ApiServer) -> None:
    await server.stop()
    await server.backend.store.close()


async def told(server: ApiServer, after: int) -> list[dict[str, Any]]:
    """Return what a watch from a revision is told at once."""
    query = [("watch", "true"), ("resourceVersion", str(after)), ("timeoutSeconds", "1")]
    response = await server.handle(Request("GET", MAPS, query, {}, b"", ADMIN, is_streaming=True))
    assert not isinstance(response.body, bytes)
    lines = (await anext(aiter(response.body))).splitlines()
    await response.aclose()
    return [json.loads(line) for line in lines if line.startswith(b"{")]


@pytest.mark.parametrize("writes", [60, 130, 260, 301])
def test_the_stated_history_is_there_after_a_restart(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    monkeypatch.setattr(cache, "HISTORY", WINDOW)

    async def main() -> None:
        files = SimulatedFiles()
        first = await started(files)
        made = [await Driver(first).ok("POST", MAPS, {"metadata": {"name": f"m{number}"}}) for number in range(writes)]
        last = int(made[-1]["metadata"]["resourceVersion"])
        await stopped(first)
        second = await started(files.power_cut("synced"))
        assert second.backend.store.revision == last, "a start writes nothing"
        events = await told(second, last - WINDOW)
        assert [int(event["object"]["metadata"]["resourceVersion"]) for event in events] == list(
            range(last - WINDOW + 1, last + 1)
        )
        (refused,) = await told(second, last - WINDOW - 1)
        assert (refused["type"], refused["object"]["code"], refused["object"]["reason"]) == ("ERROR", 410, "Expired")
        await stopped(second)

    asyncio.run(main())
