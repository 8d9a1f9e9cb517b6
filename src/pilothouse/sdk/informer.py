"""Informers: a list, then a watch, kept in a cache; every change is told to handlers.

A broken watch resumes from the last resource version; when that is gone the objects are listed again and the difference to the
cache is told, so handlers see every final state. A watch that brings nothing, not even a bookmark, for too long is dropped
and opened again: silence never passes for health.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
import orjson

from pilothouse.api.meta import ObjectKey, Tree, key_of, metadata, uid_of
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.backoff import Backoff
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.kit.errors import Expired, PilothouseError
from pilothouse.sdk.cache import Cache, IndexFunction
from pilothouse.sdk.client import Client, WatchEvent
from pilothouse.sdk.errors import api_error
from pilothouse.sdk.kinds import Kind

WATCH_SILENCE_S = 150.0
logger = logging.getLogger("pilothouse.sdk.informer")


class Change(msgspec.Struct, frozen=True, gc=False):
    """What happened to one object. `old` is None for added, `new` None for deleted objects."""

    type: Literal["added", "modified", "deleted"]
    key: ObjectKey
    old: Tree | None
    new: Tree | None

    @property
    def tree(self) -> Tree:
        """The newest state known."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found


ChangeHandler = Callable[[Change], None]


class Scope(msgspec.Struct, frozen=True):
    """What part of a kind is informed about."""

    kind: Kind
    namespace: str = ""
    labels: str = ""
    fields: str = ""


class Informer:
    """The cache of one scope and the loop that keeps it true."""

    def __init__(
        self, client: Client, scope: Scope, clock: Clock, entropy: Entropy, indexes: Mapping[str, IndexFunction] | None = None
    ) -> None:
        """Inform about `scope` through `client`."""
        self.scope = scope
        self.cache = Cache(scope.kind.api_version, scope.kind.kind, indexes)
        self._client, self._clock = client, clock
        self._handlers: list[ChangeHandler] = []
        self._synced = asyncio.Event()
        self._tasks = TaskScope(f"informer-{scope.kind.plural}")
        self._backoff = Backoff(0.05, 30.0, entropy)
        self._version = ""
        """Where the watch goes on; empty when the whole has to be listed first."""
        self._told = 0
        """The newest version that a list or a watch told."""
        self._written: dict[ObjectKey, int] = {}
        """What was observed since a list is needed: the answer may have been made before."""
        self._last_activity = clock.monotonic()
        self._is_started = False
        self._follow_task: asyncio.Task[Exception | None] | None = None

    def add_handler(self, handler: ChangeHandler) -> None:
        """Tell `handler` about every change; what is cached already is told as added at once."""
        self._handlers.append(handler)
        for key in self.cache.keys():  # noqa: SIM118 - a Cache is no mapping
            tree = self.cache.get(key.name, key.namespace)
            if tree is not None:
                handler(Change("added", key, None, tree))

    @property
    def has_synced(self) -> bool:
        """Whether the cache held the whole scope at least once."""
        return self._synced.is_set()

    @property
    def silence_s(self) -> float:
        """Seconds since the server last said anything."""
        return self._clock.monotonic() - self._last_activity

    async def start(self) -> None:
        """Run until `stop`; returns once the cache is complete."""
        if not self._is_started:
            self._is_started = True
            self._tasks.spawn(self._run(), "run")
            self._tasks.spawn(self._watchdog(), "watchdog")
        await self._synced.wait()

    async def stop(self) -> None:
        """End the loop."""
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            try:
                if not self._version:
                    await self._relist()
                await self._follow()
            except Expired:
                self._version = ""
                delay_s = self._backoff.next_delay_s()
                if self._backoff.attempts > 1:
                    await self._clock.sleep(delay_s)
            except Exception as error:  # whatever ends a watch, the cache must go on being kept true
                delay_s = self._backoff.next_delay_s()
                unexpected = None if isinstance(error, (PilothouseError, OSError)) else error
                what = self.scope.kind.resource_name
                logger.warning("informer of %s: %r; again in %.2f s", what, error, delay_s, exc_info=unexpected)
                await self._clock.sleep(delay_s)

    async def _watchdog(self) -> None:
        while True:
            await self._clock.sleep(30)
            if self._synced.is_set() and self.silence_s > WATCH_SILENCE_S and self._follow_task is not None:
                logger.warning("watch of %s is silent for %.0f s: opening it again", self.scope.kind.plural, self.silence_s)
                self._follow_task.cancel()

    async def _relist(self) -> None:
        scope = self.scope
        items, version = await self._client.list_raw(scope.kind, scope.namespace, labels=scope.labels, fields=scope.fields)
        self._last_activity = self._clock.monotonic()
        self._told = int(version) if version.isdigit() else 0
        seen = {key for key, written in self._written.items() if written > self._told}
        for raw in items:
            tree = self.cache.decode(raw)
            key = key_of(tree)
            if key in seen:
                continue
            seen.add(key)
            known = self.cache.entry(key)
            if known is None or known.resource_version != metadata(tree).get("resourceVersion"):
                self._upsert(key, tree, raw)
        for key in [key for key in self.cache.keys() if key not in seen]:  # noqa: SIM118 - a Cache is no mapping
            self._delete(key, None)
        self._version = version
        self._written.clear()
        self._synced.set()

    async def _follow(self) -> None:
        failure: Exception | None = None
        self._follow_task = self._tasks.spawn(self._outcome(), "watch")
        try:
            failure = await self._follow_task
        except asyncio.CancelledError:
            if not self._follow_task.cancelled() or _is_being_cancelled():
                raise
        finally:
            self._follow_task.cancel()
            self._follow_task = None
        if failure is not None:
            raise failure

    async def _outcome(self) -> Exception | None:
        """Take in what the watch tells until it ends; returns what ended it, so that only `_run` speaks of it."""
        try:
            await self._consume()
        except Exception as error:  # noqa: BLE001 - raised by `_follow`
            return error
        return None

    async def _consume(self) -> None:
        scope = self.scope
        batches = self._client.watch(
            scope.kind, scope.namespace, resource_version=self._version, labels=scope.labels, fields=scope.fields
        )
        async for events in batches:
            self._last_activity = self._clock.monotonic()
            self._backoff.reset()
            for event in events:
                self._take(event)

    def _take(self, event: WatchEvent) -> None:
        raw = bytes(event.object)
        tree = self.cache.decode(raw)
        if event.type == "ERROR":
            raise api_error(int(tree.get("code", 500)), tree)
        self._version = metadata(tree).get("resourceVersion", self._version)
        self._told = int(self._version) if self._version.isdigit() else 0
        if event.type == "BOOKMARK":
            return
        if event.type == "DELETED":
            if not self._is_overtaken(key_of(tree), tree):
                self._delete(key_of(tree), tree)
        elif not self._is_overtaken(key_of(tree), tree):
            self._upsert(key_of(tree), tree, raw)

    def observe(self, tree: Tree) -> None:
        """Take in what a write of this process returned, so that the next read sees it although the watch lags behind.

        The event of the same write is ignored when it comes; an answer that the watch has overtaken already is ignored here.
        """
        version = str(metadata(tree).get("resourceVersion", ""))
        key, is_ahead = key_of(tree), self.has_synced and version.isdigit() and int(version) > self._told > 0
        if is_ahead and not self._is_overtaken(key, tree):
            if not self._version:
                self._written[key] = int(version)
            # a copy: what orjson returns keeps a buffer several times as long alive
            self._upsert(key, tree, bytes(memoryview(orjson.dumps(tree))))

    def forget(self, tree: Tree) -> None:
        """Take in that this process deleted an object for good."""
        entry = self.cache.entry(key_of(tree))
        if entry is not None and entry.resource_version == metadata(tree).get("resourceVersion"):
            self._delete(entry.key, tree)

    def _is_overtaken(self, key: ObjectKey, tree: Tree) -> bool:
        """Whether `observe` took in this or a newer state, or a newer object of the name, before the watch brought it."""
        entry = self.cache.entry(key)
        version = str(metadata(tree).get("resourceVersion", ""))
        if entry is None or not (version.isdigit() and entry.resource_version.isdigit()):
            return False
        return int(entry.resource_version) >= int(version)

    def _upsert(self, key: ObjectKey, tree: Tree, raw: bytes) -> None:
        previous = self.cache.put(key, tree, raw)
        if not self._handlers:
            return
        if previous is None:
            self._tell(Change("added", key, None, tree))
            return
        old = self.cache.decode(previous.raw)
        if uid_of(old) == uid_of(tree):
            self._tell(Change("modified", key, old, tree))
        else:
            self._tell(Change("deleted", key, old, None))
            self._tell(Change("added", key, None, tree))

    def _delete(self, key: ObjectKey, last: Tree | None) -> None:
        entry = self.cache.remove(key)
        if entry is not None or last is not None:
            self._tell(Change("deleted", key, last or (self.cache.decode(entry.raw) if entry else None), None))

    def _tell(self, change: Change) -> None:
        for handler in self._handlers:
            try:
                handler(change)
            except Exception:
                logger.exception("a handler of %s failed on %s %s", self.scope.kind.plural, change.type, change.key)


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
