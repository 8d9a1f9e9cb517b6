"""What the server keeps up to date by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.cluster.apiserver.watchcache.upkeep import Upkeep
from pilothouse.store.revisions import Mismatch
from tests.unit.cluster.apiserver.driver import Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"


def test_changes_are_looked_at_until_nothing_is_stale_and_lost_writes_again() -> None:
    async def test(driver: Driver) -> None:
        backend, tried = driver.server.backend, list[str]()

        def stale() -> Iterator[tuple[Item, dict[str, Any]]]:
            for item in backend.all_of("", "configmaps"):
                if tried.count(item.name) < 2:
                    yield item, {}

        async def write(item: Item, obj: dict[str, Any]) -> None:
            tried.append(item.name)
            if tried.count(item.name) == 1:
                raise Mismatch(item.key, 0, 0)

        kept = Upkeep("test", backend.cache, ("/registry/core/configmaps/",), stale, write)
        await driver.ok("POST", MAPS, {"metadata": {"name": "a"}})
        assert tried == []
        kept.start()
        while tried != ["a", "a"]:
            await asyncio.sleep(0)
        await driver.ok("POST", MAPS, {"metadata": {"name": "b"}})
        while tried != ["a", "a", "b", "b"]:
            await asyncio.sleep(0)
        await kept.stop()
        await kept.stop()
        await driver.ok("POST", MAPS, {"metadata": {"name": "c"}})
        assert len(tried) == 4

    serve(test)
