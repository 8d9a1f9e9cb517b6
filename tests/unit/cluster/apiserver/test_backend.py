"""Writes that lose against one still on its way to the disk."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Entropy
from pilothouse.store.log import LogStore
from tests.unit.cluster.apiserver.driver import MERGE, Driver

MAPS = "/api/v1/namespaces/default/configmaps"


def test_patches_of_one_object_all_succeed_on_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fdatasync

    def slow_sync(descriptor: int) -> None:
        time.sleep(0.03)
        sync(descriptor)

    async def test() -> None:
        store = await LogStore.open(tmp_path)
        server = ApiServer(store, entropy=Entropy(1))
        await server.start()
        driver = Driver(server)
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        monkeypatch.setattr(os, "fdatasync", slow_sync)
        media = {"content-type": MERGE}
        await asyncio.gather(*(driver.ok("PATCH", f"{MAPS}/x", {"data": {f"k{i}": "1"}}, headers=media) for i in range(8)))
        assert len((await driver.ok("GET", f"{MAPS}/x"))["data"]) == 8
        await server.stop()
        await store.close()

    asyncio.run(test())


def test_deletes_of_one_object_are_one_success_and_not_found_on_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fdatasync

    def slow_sync(descriptor: int) -> None:
        time.sleep(0.03)
        sync(descriptor)

    async def test() -> None:
        store = await LogStore.open(tmp_path)
        server = ApiServer(store, entropy=Entropy(1))
        await server.start()
        driver = Driver(server)
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        monkeypatch.setattr(os, "fdatasync", slow_sync)
        answers = await asyncio.gather(*(driver.call("DELETE", f"{MAPS}/x") for _ in range(4)))
        assert sorted(status for status, _ in answers) == [200, 404, 404, 404]
        await server.stop()
        await store.close()

    asyncio.run(test())
