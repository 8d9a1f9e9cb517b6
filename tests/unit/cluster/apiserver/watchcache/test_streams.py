"""Watches: what they begin with, what they see, how they end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from pilothouse.cluster.apiserver.watchcache import streams
from pilothouse.wire.http.messages import Response
from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

MAPS = "/api/v1/namespaces/default/configmaps"


async def events(response: Response, count: int) -> list[Any]:
    """Return the next events of a watch."""
    assert not isinstance(response.body, bytes)
    buffer = b""
    while buffer.count(b"\n") < count:
        buffer += await asyncio.wait_for(response.body.__anext__(), 5)  # type: ignore[attr-defined]
    return [json.loads(line) for line in buffer.splitlines()]


def test_a_watch_sees_every_change_in_order() -> None:
    async def test(driver: Driver) -> None:
        made = await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        watch = await driver.send("GET", MAPS, query={"watch": "1", "resourceVersion": made["metadata"]["resourceVersion"]})
        for index in range(20):
            await driver.ok("PATCH", f"{MAPS}/x", {"data": {"n": str(index)}}, headers={"content-type": MERGE})
        await driver.ok("DELETE", f"{MAPS}/x")
        seen = await events(watch, 21)
        assert [event["object"]["data"]["n"] for event in seen[:20]] == [str(index) for index in range(20)]
        assert seen[-1]["type"] == "DELETED"
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in seen]
        assert versions == sorted(set(versions))
        await watch.aclose()

    serve(test)


def test_initial_events_end_with_a_marked_bookmark() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        query = {"watch": "1", "sendInitialEvents": "true", "allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan"}
        watch = await driver.send("GET", MAPS, query=query)
        seen = await events(watch, 2)
        assert [event["type"] for event in seen] == ["ADDED", "BOOKMARK"]
        assert seen[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        await watch.aclose()

    serve(test)


def test_an_object_that_stops_matching_is_deleted_for_the_watcher() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", MAPS, {"metadata": {"name": "x", "labels": {"on": "1"}}})
        watch = await driver.send("GET", MAPS, query={"watch": "1", "labelSelector": "on=1"})
        await driver.ok("PATCH", f"{MAPS}/x", {"metadata": {"labels": {"on": "0"}}}, headers={"content-type": MERGE})
        seen = await events(watch, 2)
        assert [event["type"] for event in seen] == ["ADDED", "DELETED"]
        await watch.aclose()

    serve(test)


def test_a_watch_nobody_reads_is_cut_and_leaves_nothing_behind(monkeypatch: Any) -> None:
    monkeypatch.setattr(streams, "MAX_PENDING_BYTES", 2_000)

    async def test(driver: Driver) -> None:
        await driver.send("GET", MAPS, query={"watch": "1"})
        cache = driver.server.backend.cache.resource("/registry/core/configmaps/")
        assert len(cache.listeners) == 1
        for index in range(10):
            await driver.ok("POST", MAPS, {"metadata": {"name": f"x{index}"}, "data": {"a": "x" * 500}})
        assert not cache.listeners

    serve(test)


def test_a_watch_from_too_long_ago_is_told_so() -> None:
    async def test(driver: Driver) -> None:
        cache = driver.server.backend.cache.resource("/registry/core/configmaps/")
        cache.complete_after = 10_000
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        watch = await driver.send("GET", MAPS, query={"watch": "1", "resourceVersion": "2"})
        error = (await events(watch, 1))[0]
        assert error["type"] == "ERROR" and error["object"]["reason"] == "Expired" and error["object"]["code"] == 410

    serve(test)


def test_a_watch_or_follower_that_fails_does_not_freeze_the_server() -> None:
    async def test(driver: Driver) -> None:
        def broken(*_: Any) -> Any:
            raise ValueError("defect")

        cache = driver.server.backend.cache
        cache.on_change.append(broken)
        stream = streams.WatchStream(cache.resource("/registry/core/configmaps/"), lambda _: True, broken)
        stream.open([])
        await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
        await asyncio.wait_for(driver.ok("POST", MAPS, {"metadata": {"name": "y"}}), 5)
        assert stream.on_change not in cache.resource("/registry/core/configmaps/").listeners

    serve(test)
