"""The cache of all resources: filled from the store at start, kept current by one watch over the whole registry.

Readers that need what was just written wait for a revision; every request that writes waits for its own revision, so a client
always reads its own writes.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from bisect import bisect_left, insort
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

from pilothouse.cluster.apiserver.watchcache.fanout import Fanout
from pilothouse.cluster.apiserver.watchcache.items import Item, identity
from pilothouse.kit.aio import TaskScope
from pilothouse.store.revisions import Event, Store, Watch

logger = logging.getLogger("pilothouse.apiserver")
ROOT = "/registry/"
HISTORY = 4096
Change = tuple[int, Item | None, Item | None]
"""(revision, new, previous): what a write did."""
Listener = Callable[[Change], None]


class ResourceCache:
    """The objects of one stored resource, in key order, and their recent changes."""

    def __init__(self, prefix: str, revision: int) -> None:
        """Begin empty; history is complete after `revision`."""
        self.prefix = prefix
        self.items: dict[str, Item] = {}
        self.keys: list[str] = []
        self.history: deque[Change] = deque()
        self.complete_after = revision
        self.listeners: dict[Listener, None] = {}  # who came first hears first, so that a run can be repeated
        self.told: dict[str, bytes] = {}
        """What each group of watchers is told of the newest change."""

    def put(self, item: Item) -> None:
        """Add or replace an object."""
        if item.key not in self.items:
            insort(self.keys, item.key)
        self.items[item.key] = item

    def drop(self, key: str) -> None:
        """Remove an object."""
        if self.items.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def scan(self, prefix: str = "", start: str = "") -> Iterator[Item]:
        """Iterate over the objects whose key begins with `prefix`, from `start` on, in key order."""
        prefix = prefix or self.prefix
        keys = self.keys
        for index in range(bisect_left(keys, max(prefix, start)), len(keys)):
            key = keys[index]
            if not key.startswith(prefix):
                return
            yield self.items[key]

    def record(self, change: Change) -> None:
        """Add to the history and tell the watchers; of a version that is superseded only the stored bytes are worth keeping."""
        self.history.append(change)
        if change[2] is not None:
            change[2].shed()
        if len(self.history) > HISTORY:
            self.complete_after, old, _ = self.history.popleft()
            if old is not None:
                old.shed()
        self.told.clear()
        for listener in tuple(self.listeners):
            listener(change)

    def since(self, revision: int) -> list[Change]:
        """Return the changes after `revision`, oldest first."""
        found = []
        for change in reversed(self.history):
            if change[0] <= revision:
                break
            found.append(change)
        found.reverse()
        return found


class WatchCache:
    """Every resource's cache, following one store."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before `start`."""
        self.store = store
        self.revision = 0
        self.started_at = 0
        self._resources: dict[str, ResourceCache] = {}
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = 0
        self.fanout = Fanout()
        self._scope = TaskScope("watchcache", self._failed)
        self.on_failure: Callable[[str], None] = logger.error
        """Called with a reason when the cache no longer follows the store: what is read from then on is old."""
        self.on_change: list[Callable[[str, Change], None]] = []
        """Called with (prefix, change) after each change is visible: RBAC index, CRDs."""

    async def start(self) -> None:
        """Fill the cache with the state some thousand writes ago, replay those, and follow the store from there.

        So a watch that a restart interrupted finds its history again: at least the last 4,096 writes the store still has.
        """
        newest = self.store.revision
        base = max(self.store.oldest_revision, newest - HISTORY)
        self.revision = self.started_at = base
        if base:
            for entry in (await self.store.range(ROOT, revision=base)).entries:
                cache = self.resource(_prefix(entry.key))
                namespace, name = identity(cache.prefix, entry.key)
                cache.put(Item(entry.key, namespace, name, entry.value, entry.revision, entry.create_revision))
        watch = self.store.watch(ROOT, base)
        batches = aiter(watch)
        while self.revision < newest:
            for event in await anext(batches):
                self._apply(event)
        self._scope.spawn(self._follow(watch, batches), "follow")

    def _failed(self, task: str, error: BaseException) -> None:
        self.on_failure(f"{task} no longer follows the store: {error!r}")

    async def stop(self) -> None:
        """Stop following."""
        await self._scope.close()
        for _, _, waiter in self._waiters:
            waiter.cancel()

    def resource(self, prefix: str) -> ResourceCache:
        """Return the cache of a stored resource."""
        found = self._resources.get(prefix)
        if found is None:
            found = self._resources[prefix] = ResourceCache(prefix, self.started_at)
        return found

    def get(self, key: str) -> Item | None:
        """Return the object at a store key, or None."""
        return self.resource(_prefix(key)).items.get(key)

    async def _follow(self, watch: Watch, batches: AsyncIterator[list[Event]]) -> None:
        try:
            async for batch in batches:
                for event in batch:
                    self._apply(event)
                self._wake()
        finally:
            watch.close()

    def _apply(self, event: Event) -> None:
        prefix = _prefix(event.key)
        cache = self.resource(prefix)
        previous = cache.items.get(event.key)
        namespace, name = identity(prefix, event.key)
        new: Item | None = None
        if event.value is not None:
            new = Item(event.key, namespace, name, event.value, event.revision, event.create_revision)
            cache.put(new)
        else:
            cache.drop(event.key)
            if previous is not None:
                previous = Item(event.key, namespace, name, previous.raw, event.revision, previous.create_revision)
        self.revision = event.revision
        change = (event.revision, new, previous)
        cache.record(change)
        for callback in self.on_change:
            try:
                callback(prefix, change)
            except Exception:
                logger.exception("a follower of %s failed at revision %d", prefix, event.revision)

    def _wake(self) -> None:
        while self._waiters and self._waiters[0][0] <= self.revision:
            _, _, waiter = heapq.heappop(self._waiters)
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, revision: int) -> None:
        """Return once everything up to `revision` is visible."""
        if revision <= self.revision:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._waiters, (revision, self._order, waiter))
        await waiter

    async def current(self) -> None:
        """Return once everything durable is visible, whoever wrote it."""
        await self.wait_for(await self.newest())

    async def newest(self) -> int:
        """Return the newest revision that was durable when this was asked."""
        return await self.store.progress() if self.store.is_shared else self.store.revision

    @property
    def may_be_behind(self) -> bool:
        """Whether there may be something durable that is not visible yet."""
        return self.store.is_shared or self.revision < self.store.revision


def _prefix(key: str) -> str:
    parts = key.split("/", 4)
    return f"/registry/{parts[2]}/{parts[3]}/"
