"""The cache follows the store."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.cluster.apiserver.watchcache import cache
from pilothouse.cluster.apiserver.watchcache.cache import ResourceCache, WatchCache
from pilothouse.cluster.apiserver.watchcache.items import Item
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


def test_objects_that_left_the_history_keep_their_stored_bytes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "HISTORY", 2)
    kept = ResourceCache("/registry/configmaps/", 0)
    items = [Item(f"/registry/configmaps/default/{n}", "default", str(n), b'{"metadata":{}}', n, n) for n in range(1, 5)]
    for item in items:
        item.encoding("frame", lambda found: found.body)
        kept.put(item)
        kept.record((item.revision, item, None))
    assert [bool(item.encodings) for item in items] == [False, False, True, True]
    assert kept.complete_after == 2
