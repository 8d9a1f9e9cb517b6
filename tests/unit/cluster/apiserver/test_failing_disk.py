"""What clients are told when the disk fails under the store."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.store.log import LogConfig, LogStore
from pilothouse.store.log.disk import Disk
from pilothouse.testing.disks import SimulatedFiles
from tests.unit.cluster.apiserver.driver import Driver

MAPS = "/api/v1/namespaces/default/configmaps"


def named(name: str) -> dict[str, object]:
    return {"metadata": {"name": name}}


def on_disk(test: Callable[[Driver, SimulatedFiles], Awaitable[None]]) -> None:
    async def main() -> None:
        files = SimulatedFiles()
        store = LogStore(Disk(files), LogConfig(), SystemClock(), Faults())
        server = ApiServer(store, entropy=Entropy(1))
        await server.start()
        try:
            await Driver(server).ok("POST", MAPS, named("before"))
            await test(Driver(server), files)
        finally:
            await server.stop()
            await store.close()

    asyncio.run(main())


def test_after_a_failed_sync_reads_go_on_and_writes_say_what_to_do() -> None:
    async def test(driver: Driver, files: SimulatedFiles) -> None:
        files.failures["sync"] = errno.EIO
        for name in ("one", "two"):
            status, answer = await driver.call("POST", MAPS, named(name))
            files.failures.clear()
            assert (status, answer["reason"]) == (503, "StoreStopped")
            assert "Input/output error; look at the disk of the data directory, then restart" in answer["message"]
        listed = await driver.ok("GET", MAPS)
        assert [item["metadata"]["name"] for item in listed["items"]] == ["before"]

    on_disk(test)


def test_a_full_disk_is_507_with_a_time_to_come_back_until_there_is_room() -> None:
    async def test(driver: Driver, files: SimulatedFiles) -> None:
        files.capacity_bytes = 0
        response = await driver.send("POST", MAPS, named("one"))
        assert response.status == 507
        assert ("retry-after", "5") in response.headers
        files.capacity_bytes = None
        await driver.ok("POST", MAPS, named("one"))

    on_disk(test)
