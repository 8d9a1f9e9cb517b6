"""Informers against a real API server in process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import orjson
import pytest

from pilothouse.api.meta import Tree
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.faults import Faults, read_plan
from pilothouse.sdk.client import EventBatch, WatchEvent
from pilothouse.sdk.informer import Change
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.controlplane import control_plane


def config_map(name: str, value: str = "1") -> dict:  # type: ignore[type-arg]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"v": value}}


async def until(condition) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


def test_list_then_watch() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            client = manager.client
            await client.create(CONFIG_MAP, config_map("before"))
            informer = manager.informer(CONFIG_MAP, namespace="default")
            changes: list[Change] = []
            informer.add_handler(changes.append)
            await informer.start()
            assert [(c.type, c.key.name) for c in changes] == [("added", "before")]
            stored = await client.create(CONFIG_MAP, config_map("after"))
            await client.replace(CONFIG_MAP, {**stored, "data": {"v": "2"}})
            await client.delete(CONFIG_MAP, "before", "default")
            await until(lambda: len(changes) == 4)
            assert [(c.type, c.key.name) for c in changes[1:]] == [
                ("added", "after"), ("modified", "after"), ("deleted", "before"),
            ]  # fmt: skip
            assert changes[2].old["data"] == {"v": "1"}  # type: ignore[index]
            assert [tree["metadata"]["name"] for tree in informer.cache.list()] == ["after"]

    asyncio.run(run())


def test_own_writes_are_read_at_once_and_told_once() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            informer = manager.informer(CONFIG_MAP, namespace="default")
            await informer.start()
            changes: list[Change] = []
            informer.add_handler(changes.append)
            stored = await manager.client.create(CONFIG_MAP, config_map("mine"))
            informer.observe(stored)
            assert informer.cache.get("mine", "default") is not None
            informer.observe(stored)
            await manager.client.create(CONFIG_MAP, config_map("last"))
            await until(lambda: any(c.key.name == "last" for c in changes))
            assert [c.key.name for c in changes] == ["mine", "last"]

    asyncio.run(run())


def test_a_late_handler_is_told_what_is_there() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            await manager.client.create(CONFIG_MAP, config_map("there"))
            informer = manager.informer(CONFIG_MAP, namespace="default")
            await informer.start()
            changes: list[Change] = []
            informer.add_handler(changes.append)
            assert [(c.type, c.key.name) for c in changes] == [("added", "there")]

    asyncio.run(run())


def test_a_handler_that_fails_stops_neither_the_cache_nor_other_handlers() -> None:
    def broken(change: Change) -> None:
        raise KeyError(change.key.name)

    async def run() -> None:
        async with control_plane() as manager:
            informer = manager.informer(CONFIG_MAP, namespace="default")
            changes: list[Change] = []
            informer.add_handler(broken)
            informer.add_handler(changes.append)
            await informer.start()
            for name in ("one", "two"):
                await manager.client.create(CONFIG_MAP, config_map(name))
            await until(lambda: len(changes) == 2)
            assert informer.cache.get("two", "default") is not None

    asyncio.run(run())


def test_a_watch_that_ends_in_an_unforeseen_error_is_opened_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with control_plane() as manager:
            client, healthy, calls = manager.client, manager.client.watch, []

            async def watch(*args: Any, **options: Any) -> AsyncIterator[EventBatch]:
                calls.append(1)
                if len(calls) == 1:
                    raise EOFError("cut off")
                async for events in healthy(*args, **options):
                    yield events

            monkeypatch.setattr(client, "watch", watch)
            informer = manager.informer(CONFIG_MAP, namespace="default")
            await informer.start()
            await client.create(CONFIG_MAP, config_map("late"))
            await until(lambda: informer.cache.get("late", "default") is not None)

    asyncio.run(run())
    assert ["cut off" in record.getMessage() for record in caplog.records] == [True], "it is told once"


def test_a_history_that_is_gone_is_nothing_to_speak_of(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        faults = Faults(SystemClock())
        async with control_plane(faults=faults) as manager:
            faults.load(read_plan({"rules": [{"point": "api.watch", "action": "expire", "count": 1}]}))
            informer = manager.informer(CONFIG_MAP, namespace="default")
            await informer.start()
            await manager.client.create(CONFIG_MAP, config_map("late"))
            await until(lambda: informer.cache.get("late", "default") is not None)
            assert faults.state()[0]["struck"] == 1

    asyncio.run(run())
    assert not caplog.records


def test_own_writes_are_read_while_all_is_listed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that did not see its own writes meanwhile would carry them out again and again."""

    async def run() -> None:
        faults = Faults(SystemClock())
        async with control_plane(faults=faults) as manager:
            client, listed, may_arrive = manager.client, asyncio.Event(), asyncio.Event()
            real = client.list_raw

            async def list_raw(*args: Any, **options: Any) -> Any:
                answer = await real(*args, **options)
                if faults.state():  # the second list
                    listed.set()
                    await may_arrive.wait()
                return answer

            monkeypatch.setattr(client, "list_raw", list_raw)
            informer = manager.informer(CONFIG_MAP, namespace="default")
            old = await client.create(CONFIG_MAP, config_map("old"))
            await informer.start()
            faults.load(read_plan({"rules": [{"point": "api.watch", "action": "expire", "count": 1}]}))
            await client.create(CONFIG_MAP, config_map("other"))
            await listed.wait()
            informer.observe(await client.create(CONFIG_MAP, config_map("mine")))
            informer.observe(await client.replace(CONFIG_MAP, {**old, "data": {"v": "2"}}))

            def seen() -> tuple[bool, str]:
                found = informer.cache.get("old", "default")
                assert found is not None
                return informer.cache.get("mine", "default") is not None, found["data"]["v"]

            assert seen() == (True, "2")
            changes: list[Change] = []
            informer._handlers.append(changes.append)
            may_arrive.set()
            await client.create(CONFIG_MAP, config_map("last"))
            await until(lambda: informer.cache.get("last", "default") is not None)
            assert seen() == (True, "2")
            assert [(change.type, change.key.name) for change in changes][-1] == ("added", "last")
            assert not [change for change in changes if change.key.name in ("mine", "old")]

    asyncio.run(run())


def test_a_watch_that_is_cancelled_for_its_silence_is_opened_again() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            informer = manager.informer(CONFIG_MAP, namespace="default")
            await informer.start()
            await until(lambda: informer._follow_task is not None)
            assert informer._follow_task is not None
            informer._follow_task.cancel()
            await manager.client.create(CONFIG_MAP, config_map("late"))
            await until(lambda: informer.cache.get("late", "default") is not None)

    asyncio.run(run())


def test_another_object_of_the_same_name_is_told_as_deleted_and_added() -> None:
    def state(uid: str, version: str) -> Tree:
        tree = config_map("same")
        tree["metadata"] |= {"uid": uid, "resourceVersion": version}
        return tree

    async def run() -> None:
        async with control_plane() as manager:
            informer = manager.informer(CONFIG_MAP, namespace="default")
            changes: list[Change] = []
            informer.add_handler(changes.append)
            informer._take(WatchEvent("ADDED", msgspec.Raw(orjson.dumps(state("first", "1")))))
            informer.observe(state("second", "3"))
            informer._take(WatchEvent("DELETED", msgspec.Raw(orjson.dumps(state("first", "2")))))
            informer._take(WatchEvent("ADDED", msgspec.Raw(orjson.dumps(state("second", "3")))))
            told = [(change.type, change.tree["metadata"]["uid"]) for change in changes]
            assert told == [("added", "first"), ("deleted", "first"), ("added", "second")]
            assert informer.cache.get("same", "default") == state("second", "3")

    asyncio.run(run())
