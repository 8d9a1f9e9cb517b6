"""Clients that do everything at once on a few ConfigMaps, and watches; what they saw is recorded for the checkers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable

from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import AlreadyExists, Conflict, Expired, NotFound, PilothouseError, Throttled
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.history import Call, Recorder, WatchRecord
from pilothouse.testing.history.register import EXISTS
from pilothouse.testing.history.watches import EventType, Seen
from tests.e2e.victim import number_of

NAMESPACE = "default"
LOST = (OSError, EOFError, asyncio.IncompleteReadError, ValueError)


def is_even(key: str, value: bytes | str) -> bool:
    """The selector `parity=even`."""
    return int(str(value).rpartition("-")[2]) % 2 == 0


def tree(name: str, value: str, revision: int = 0) -> dict:  # type: ignore[type-arg]
    labels = {"parity": "even" if is_even(name, value) else "odd"}
    meta = {"name": name, "namespace": NAMESPACE, "labels": labels, **({"resourceVersion": str(revision)} if revision else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"n": value}}


def revision_of(answer: dict) -> int:  # type: ignore[type-arg]
    return int(answer["metadata"].get("resourceVersion", "0"))


class Worker:
    """One client: reads, creates, replaces with and without a revision, deletes with and without one."""

    def __init__(self, name: str, recorder: Recorder, entropy: Entropy, keys: int) -> None:
        self.name, self.recorder, self.entropy = name, recorder, entropy
        self.keys = keys
        self.stem = "k"
        """What the names of all keys begin with; others begin a history of their own."""
        self.seen: dict[str, int] = {}
        self.made = 0

    async def run(self, client: Client) -> None:
        """Go on until the server dies."""
        while True:
            await self.step(client)

    async def step(self, client: Client) -> None:
        """Make one call."""
        key = f"{self.stem}{self.entropy.randrange(self.keys)}"
        act = (self._read, self._read, self._create, self._replace, self._replace, self._update, self._delete)
        await act[self.entropy.randrange(len(act))](client, key)

    async def _judge(self, call: Call, work: Awaitable[dict]) -> dict | None:  # type: ignore[type-arg]
        try:
            return await work
        except (Conflict, AlreadyExists, NotFound):
            call.refused()
        except Throttled:
            call.failed()
        return None

    def _value(self) -> str:
        self.made += 1
        return f"{self.name}-{self.made}"

    async def _read(self, client: Client, key: str) -> None:
        call = self.recorder.call(self.name, key, "read")
        try:
            found = await client.get(CONFIG_MAP, key, NAMESPACE)
        except NotFound:
            call.ok()
            self.seen.pop(key, None)
            return
        self.seen[key] = revision_of(found)
        call.ok(value=number_of(found), revision=self.seen[key])

    async def _create(self, client: Client, key: str) -> None:
        value = self._value()
        call = self.recorder.call(self.name, key, "write", value=value, expected=0)
        self._written(call, key, await self._judge(call, client.create(CONFIG_MAP, tree(key, value))))

    async def _replace(self, client: Client, key: str) -> None:
        if key not in self.seen:
            await self._create(client, key)
            return
        value, revision = self._value(), self.seen.pop(key)
        call = self.recorder.call(self.name, key, "write", value=value, expected=revision)
        self._written(call, key, await self._judge(call, client.replace(CONFIG_MAP, tree(key, value, revision))))

    async def _update(self, client: Client, key: str) -> None:
        value = self._value()
        call = self.recorder.call(self.name, key, "write", value=value, expected=EXISTS)
        self._written(call, key, await self._judge(call, client.replace(CONFIG_MAP, tree(key, value))))

    def _written(self, call: Call, key: str, stored: dict | None) -> None:  # type: ignore[type-arg]
        if stored is not None:
            self.seen[key] = revision_of(stored)
            call.ok(revision=self.seen[key])

    async def _delete(self, client: Client, key: str) -> None:
        await self.clear(client, key, self.seen.pop(key, 0) if self.entropy.randrange(2) else 0)

    async def clear(self, client: Client, key: str, revision: int = 0) -> None:
        """Delete a key, if it is at `revision` or whatever it is at."""
        call = self.recorder.call(self.name, key, "delete", expected=revision or EXISTS)
        work = client.delete(CONFIG_MAP, key, NAMESPACE, resource_version=str(revision) if revision else "")
        if await self._judge(call, work) is not None:
            call.ok()


class Watcher:
    """One watch, resumed where it ended."""

    def __init__(self, name: str, labels: str = "") -> None:
        self.record = WatchRecord(name)
        self.labels = labels
        self.position = 0
        self.told = 0

    async def run(self, client: Client) -> None:
        """Follow until the server dies or ends the watch."""
        self.record.opened(self.position)
        watch = client.watch(CONFIG_MAP, NAMESPACE, resource_version=str(self.position), labels=self.labels, timeout_s=600)
        async for batch in watch:
            for event in batch:
                self._take(event.type, json.loads(bytes(event.object)))

    def _take(self, kind: str, found: dict) -> None:  # type: ignore[type-arg]
        if kind == "ERROR":
            assert found["code"] == 410, found
            self.record.expired(self.position)
            raise Expired(found["message"])
        self.position = revision_of(found)
        if kind == "BOOKMARK":
            self.record.bookmark(self.position)
            return
        self.told += 1
        types: dict[str, EventType] = {"ADDED": "ADDED", "MODIFIED": "MODIFIED", "DELETED": "DELETED"}
        value = None if kind == "DELETED" else number_of(found)
        self.record.events(Seen(self.position, found["metadata"]["name"], value, types[kind]))


async def until_death(work: Awaitable[None]) -> None:
    """Run until the server is gone: what was under way then has no answer."""
    try:
        await work
    except Expired:
        raise
    except (PilothouseError, *LOST):
        return
