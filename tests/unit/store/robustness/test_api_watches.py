"""The bugs of etcd that a client would see in a watch, told through the API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Entropy
from pilothouse.testing.history import Commit, WatchRecord, check_watch
from pilothouse.testing.history.watches import Seen
from pilothouse.wire.http.messages import Request
from tests.unit.cluster.apiserver.driver import ADMIN, Driver
from tests.unit.store.robustness.engines import ALL, Rig, on

MAPS = "/api/v1/namespaces/default/configmaps"
WRITES, WRITERS, WATCHES = 40, 4, 12


@asynccontextmanager
async def serving(rig: Rig) -> AsyncIterator[Driver]:
    store = await rig.open()
    server = ApiServer(store, entropy=Entropy(1))
    await server.start()
    try:
        yield Driver(server)
    finally:
        await server.stop()
        await store.close()


async def events(driver: Driver, **query: str) -> AsyncIterator[dict[str, Any]]:
    """Watch, and yield what is told."""
    asked = [("watch", "true"), *query.items()]
    response = await driver.server.handle(Request("GET", MAPS, asked, {}, b"", ADMIN, is_streaming=True))
    assert not isinstance(response.body, bytes), response.body
    try:
        rest = b""
        async for chunk in response.body:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield json.loads(line)
    finally:
        await response.aclose()


def revision_of(event: dict[str, Any]) -> int:
    return int(event["object"]["metadata"]["resourceVersion"])


def seen(event: dict[str, Any]) -> Seen:
    gone = event["type"] == "DELETED"
    return Seen(revision_of(event), event["object"]["metadata"]["name"], None if gone else event["object"]["data"]["n"])


async def writer(driver: Driver, name: str) -> None:
    for number in range(WRITES):
        body = {"metadata": {"name": name}, "data": {"n": f"{name}-{number}"}}
        await driver.ok("POST", MAPS, body)
        await driver.ok("PUT", f"{MAPS}/{name}", {**body, "data": {"n": f"{name}-{number}-again"}})
        await driver.ok("DELETE", f"{MAPS}/{name}")
        await asyncio.sleep(0)


async def collect(driver: Driver, told: list[dict[str, Any]], until: str, **query: str) -> None:
    """Keep what a watch is told until an object of that name comes."""
    stream = events(driver, **query)
    async for event in stream:
        told.append(event)
        assert event["type"] != "ERROR", event
        if event["type"] != "BOOKMARK" and event["object"]["metadata"]["name"] == until:
            break
    await stream.aclose()  # type: ignore[attr-defined]


@on(*ALL)
def test_etcd_15220_the_end_of_initial_events_is_never_ahead_of_what_was_told(rig: Rig) -> None:
    """Asked for its progress, a watch was told a revision before the events up to it."""

    async def story() -> None:
        async with serving(rig) as driver:
            start = (await driver.ok("GET", MAPS))["metadata"]["resourceVersion"]
            everything: list[dict[str, Any]] = []
            told: list[list[dict[str, Any]]] = [[] for _ in range(WATCHES)]
            initial = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
            async with asyncio.TaskGroup() as group:
                group.create_task(collect(driver, everything, "the-end", resourceVersion=start))
                writers = [group.create_task(writer(driver, f"w{number}")) for number in range(WRITERS)]
                for each in told:
                    group.create_task(collect(driver, each, "the-end", **initial))
                    await asyncio.sleep(0.01)
                await asyncio.wait(writers)
                await driver.ok("POST", MAPS, {"metadata": {"name": "the-end"}, "data": {"n": ""}})
        log = [Commit(one.revision, one.key, one.value) for one in map(seen, everything)]
        assert len(log) == 3 * WRITES * WRITERS + 1
        for each in told:
            check(log, each)

    rig.run(story)


def check(log: list[Commit], told: list[dict[str, Any]]) -> None:
    """The initial events are the state at the revision of the bookmark, and what follows are exactly the writes after it."""
    end = next(place for place, event in enumerate(told) if event["type"] == "BOOKMARK")
    revision = revision_of(told[end])
    state: dict[str, tuple[int, str]] = {}
    for commit in log:
        if commit.revision <= revision:
            state.pop(commit.key, None)
            if commit.value is not None:
                state[commit.key] = commit.revision, str(commit.value)
    assert {one.key: (one.revision, one.value) for one in map(seen, told[:end])} == state
    record = WatchRecord()
    record.opened(revision)
    for event in told[end + 1 :]:
        if event["type"] == "BOOKMARK":
            record.bookmark(revision_of(event))
        else:
            record.events(seen(event))
    assert check_watch(log, record, until=log[-1].revision) == []


@on(*ALL)
def test_etcd_20221_a_watch_of_the_future_is_refused(rig: Rig) -> None:
    """A watch from a revision that was not there yet was told events and progress from before it."""

    async def story() -> None:
        async with serving(rig) as driver:
            made = await driver.ok("POST", MAPS, {"metadata": {"name": "past"}, "data": {"n": ""}})
            now = int(made["metadata"]["resourceVersion"])
            (refused,) = [event async for event in events(driver, resourceVersion=str(now + 5))]
            assert (refused["type"], refused["object"]["code"]) == ("ERROR", 504)
            assert f"Too large resource version: {now + 5}, current: {now}" in refused["object"]["message"]
            told: list[dict[str, Any]] = []
            watching = asyncio.ensure_future(collect(driver, told, "the-end", resourceVersion=str(now)))
            for name in ("m", "the-end"):
                await driver.ok("POST", MAPS, {"metadata": {"name": name}, "data": {"n": ""}})
            await watching
            assert [seen(event).key for event in told] == ["m", "the-end"]

    rig.run(story)
