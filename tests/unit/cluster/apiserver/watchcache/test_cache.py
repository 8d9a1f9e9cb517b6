"""The cache follows the store."""

from __future__ import annotations

import asyncio

from pilothouse.cluster.apiserver.watchcache.cache import WatchCache
from pilothouse.store.memory import MemoryStore

RAW = b'{"metadata":{"name":"a"}}'


def test_it_is_filled_at_start_and_follows_writes() -> None:
    async def main() -> None:
        store = MemoryStore()
        await store.txn("/registry/core/pods/ns/a", 0, RAW)
        cache = WatchCache(store)
        await cache.start()
        pods = cache.resource("/registry/core/pods/")
        assert list(pods.items) == ["/registry/core/pods/ns/a"]
        revision = await store.txn("/registry/core/pods/ns/b", 0, RAW)
        await cache.wait_for(revision)
        assert [item.name for item in pods.scan()] == ["a", "b"]
        gone = await store.txn("/registry/core/pods/ns/a", None, None)
        await cache.wait_for(gone)
        assert [item.name for item in pods.scan()] == ["b"] and cache.get("/registry/core/pods/ns/a") is None
        assert [change[0] for change in pods.since(revision)] == [gone]
        await cache.stop()

    asyncio.run(main())


def test_scans_begin_where_they_are_told() -> None:
    async def main() -> None:
        store = MemoryStore()
        for name in "cabd":
            await store.txn(f"/registry/core/pods/ns/{name}", 0, RAW)
        cache = WatchCache(store)
        await cache.start()
        found = cache.resource("/registry/core/pods/").scan("/registry/core/pods/ns/", "/registry/core/pods/ns/b")
        assert [item.name for item in found] == ["b", "c", "d"]
        await cache.stop()

    asyncio.run(main())
