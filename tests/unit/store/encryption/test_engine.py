"""A store that seals Secrets on a disk: what the files hold, what readers see, how keys are changed."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.clock import ManualClock
from pilothouse.store.encryption.ciphers import Undecryptable
from pilothouse.store.encryption.config import read_rules
from pilothouse.store.encryption.engine import EncryptedStore
from pilothouse.store.log import LogStore
from pilothouse.store.revisions import Compacted

SECRET, CONFIG = "/registry/core/secrets/default/db", "/registry/core/configmaps/default/db"
PLAIN = b'{"data":{"password":"correct horse"}}'


def aesgcm(*names: str) -> dict[str, Any]:
    keys = [{"name": name, "secret": base64.b64encode(name.encode().ljust(32, b".")).decode()} for name in names]
    return {"aesgcm": {"keys": keys}}


def rules(*providers: dict[str, Any], resources: tuple[str, ...] = ("secrets",)) -> Any:
    document = {"resources": [{"resources": list(resources), "providers": list(providers)}]}
    return read_rules(document, lambda size: b"\x07" * size)


async def opened(root: Path, *providers: dict[str, Any]) -> EncryptedStore:
    store = EncryptedStore(await LogStore.open(root, clock=ManualClock()), rules(*providers))
    try:
        await store.rewrite()
    except BaseException:
        await store.close()
        raise
    return store


def on_disk(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


async def values_seen(store: EncryptedStore, from_revision: int, count: int) -> list[tuple[bytes | None, bytes | None]]:
    seen: list[tuple[bytes | None, bytes | None]] = []
    watch = store.watch("/registry/", from_revision)
    async with asyncio.timeout(5):
        async for batch in watch:
            seen += [(event.value, event.previous) for event in batch]
            if len(seen) >= count:
                break
    watch.close()
    return seen


def test_the_disk_never_sees_a_secret_and_readers_see_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        store = await opened(tmp_path, aesgcm("one"))
        await store.txn(SECRET, 0, PLAIN)
        await store.txn(CONFIG, 0, b"plain")
        await store.txn(SECRET, 1, PLAIN + b" ")
        found = await store.get(SECRET)
        assert found is not None
        assert (found.value, found.revision, found.create_revision) == (PLAIN + b" ", 3, 1)
        assert await store.get("/registry/core/secrets/default/none") is None
        assert [entry.value for entry in (await store.range("/registry/")).entries] == [b"plain", PLAIN + b" "]
        assert (await store.range("/registry/core/secrets/", revision=2)).entries[0].value == PLAIN
        await store.txn(SECRET, 3, None)
        assert await values_seen(store, 0, 4) == [(PLAIN, None), (b"plain", None), (PLAIN + b" ", PLAIN), (None, PLAIN + b" ")]
        await store.snapshot()
        assert await store.progress() == store.revision == 4
        await store.close()

    asyncio.run(run())
    held = on_disk(tmp_path)
    assert b"correct horse" not in held
    assert b"k8s:enc:aesgcm:v1:one:" in held
    assert b"plain" in held


def test_data_written_before_encryption_is_sealed_at_the_next_start(tmp_path: Path) -> None:
    async def run() -> None:
        store = await opened(tmp_path, {"identity": {}})
        await store.txn(SECRET, 0, PLAIN)
        await store.close()
        assert b"correct horse" in on_disk(tmp_path)
        with pytest.raises(Undecryptable, match="stored in plain text"):
            await opened(tmp_path, aesgcm("one"))
        store = await opened(tmp_path, aesgcm("one"), {"identity": {}})
        assert (await store.range("/registry/")).entries[0].value == PLAIN
        await store.close()
        assert b"correct horse" not in on_disk(tmp_path), "neither the log nor a snapshot"

    asyncio.run(run())


def test_a_replaced_key_opens_nothing_that_is_left(tmp_path: Path) -> None:
    async def run() -> None:
        store = await opened(tmp_path, aesgcm("one"))
        await store.txn(SECRET, 0, PLAIN)
        await store.txn(SECRET, 1, PLAIN)
        await store.close()
        store = await opened(tmp_path, aesgcm("two", "one"))
        with pytest.raises(Compacted):
            store.watch("/registry/", 0)
        await store.close()
        assert b":one:" not in on_disk(tmp_path)
        store = await opened(tmp_path, aesgcm("two"))
        assert await store.rewrite() == 0, "all is current"
        found = await store.get(SECRET)
        assert found is not None
        assert found.value == PLAIN
        await store.close()

    asyncio.run(run())


def test_a_missing_key_stops_the_start_and_loses_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        store = await opened(tmp_path, aesgcm("one"))
        await store.txn(SECRET, 0, PLAIN)
        await store.close()
        with pytest.raises(Undecryptable, match=r"secrets/default/db is encrypted as k8s:enc:aesgcm:v1:one.*does not have"):
            await opened(tmp_path, aesgcm("two"), {"identity": {}})
        store = await opened(tmp_path, aesgcm("one"))
        assert (await store.range("/registry/")).entries[0].revision == 1
        await store.close()

    asyncio.run(run())


def test_events_are_not_written_again_as_their_time_to_live_would_be_lost(tmp_path: Path) -> None:
    async def run() -> None:
        inner = await LogStore.open(tmp_path, clock=ManualClock())
        await inner.txn("/registry/core/events/default/e", 0, b"plain", ttl_s=60)
        store = EncryptedStore(inner, rules(aesgcm("one"), {"identity": {}}, resources=("*.*",)))
        assert await store.rewrite() == 0
        await store.close()

    asyncio.run(run())
