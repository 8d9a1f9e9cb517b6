"""The store that seals: every engine's contract, with the values of chosen resources encrypted below it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pilothouse.kit.aio import run_all
from pilothouse.store.encryption.ciphers import Rule
from pilothouse.store.encryption.config import Rules
from pilothouse.store.revisions import Entry, Event, Mismatch, RangeResult, Store, Watch

ROOT = "/registry/"
_AT_ONCE = 256
_SHORT_LIVED = frozenset(("/registry/core/events/", "/registry/events.k8s.io/events/"))
"""Written with a time to live, which a second write would have to know; they are gone within the hour."""


class EncryptedStore:
    """`inner` with the values of the resources that `rules` name sealed."""

    def __init__(self, inner: Store, rules: Rules) -> None:
        """Wrap an open store; call `rewrite` before anything else reads it."""
        self._inner, self._rules = inner, rules
        self._by_prefix: dict[str, Rule | None] = {}

    @property
    def is_shared(self) -> bool:
        """Whether other processes write too."""
        return self._inner.is_shared

    @property
    def revision(self) -> int:
        """Newest durable revision."""
        return self._inner.revision

    @property
    def oldest_revision(self) -> int:
        """History is complete after this revision."""
        return self._inner.oldest_revision

    async def rewrite(self) -> int:
        """Write again what the first key of its rule did not write, drop the history with older ciphertext; return how many.

        Raises `Undecryptable` when a value needs a key that is not configured; then nothing was lost.
        """
        found = (await self._inner.range(ROOT)).entries
        stale = [self._plain_entry(entry) for entry in found if self._is_stale(entry)]
        for first in range(0, len(stale), _AT_ONCE):
            await run_all(self._again(entry) for entry in stale[first : first + _AT_ONCE])
        if stale:
            await self._inner.compact(self._inner.revision)
        return len(stale)

    def _is_stale(self, entry: Entry) -> bool:
        rule = self._rule(entry.key)
        return rule is not None and rule.is_stale(entry.value) and _prefix(entry.key) not in _SHORT_LIVED

    async def _again(self, entry: Entry) -> None:
        try:
            await self.txn(entry.key, entry.revision, entry.value)
        except Mismatch:  # another server on the same store was faster, and wrote it with the same rules
            return

    def _rule(self, key: str) -> Rule | None:
        prefix = _prefix(key)
        try:
            return self._by_prefix[prefix]
        except KeyError:
            _, _, group, resource, *_ = (*prefix.split("/"), "", "", "")
            found = self._by_prefix[prefix] = self._rules.of("" if group == "core" else group, resource)
            return found

    def _plain_entry(self, entry: Entry) -> Entry:
        rule = self._rule(entry.key)
        if rule is None:
            return entry
        return Entry(entry.key, rule.open(entry.value, entry.key), entry.revision, entry.create_revision)

    def plain_event(self, event: Event) -> Event:
        """Return an event with its values opened."""
        rule = self._rule(event.key)
        if rule is None:
            return event
        value = None if event.value is None else rule.open(event.value, event.key)
        previous = None if event.previous is None else rule.open(event.previous, event.key)
        return Event(event.revision, event.key, value, previous, event.create_revision, event.previous_revision)

    async def get(self, key: str) -> Entry | None:
        """Return the entry of `key`, or None."""
        found = await self._inner.get(key)
        return None if found is None else self._plain_entry(found)

    async def range(self, prefix: str, *, revision: int = 0, limit: int = 0, start: str = "") -> RangeResult:
        """Return entries, see `Store.range`."""
        found = await self._inner.range(prefix, revision=revision, limit=limit, start=start)
        entries = [self._plain_entry(entry) for entry in found.entries]
        return RangeResult(entries, found.revision, found.has_more, found.remaining)

    async def txn(self, key: str, expected: int | None, value: bytes | None, *, ttl_s: float = 0.0) -> int:
        """Write, see `Store.txn`."""
        rule = self._rule(key)
        sealed = value if value is None or rule is None else rule.seal(value, key)
        return await self._inner.txn(key, expected, sealed, ttl_s=ttl_s)

    def watch(self, prefix: str, from_revision: int) -> Watch:
        """Follow writes, see `Store.watch`."""
        return _PlainWatch(self._inner.watch(prefix, from_revision), self)

    async def compact(self, revision: int) -> None:
        """Drop history up to `revision`."""
        await self._inner.compact(revision)

    async def progress(self) -> int:
        """Return a revision that every open watch was given everything up to."""
        return await self._inner.progress()

    async def snapshot(self) -> None:
        """Write the live state down."""
        await self._inner.snapshot()

    async def close(self) -> None:
        """Close the store below."""
        await self._inner.close()


class _PlainWatch:
    def __init__(self, inner: Watch, store: EncryptedStore) -> None:
        self._inner, self._store = inner, store

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        async for batch in self._inner:
            yield [self._store.plain_event(event) for event in batch]

    def close(self) -> None:
        self._inner.close()


def _prefix(key: str) -> str:
    """Return `/registry/<group>/<resource>/` of a key."""
    end = key.find("/", key.find("/", len(ROOT)) + 1)
    return key[: end + 1] if key.startswith(ROOT) and end > 0 else ""
