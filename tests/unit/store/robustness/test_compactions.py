"""Bugs of etcd around compaction, told on our engines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from pilothouse.store.revisions import Compacted, Mismatch
from pilothouse.testing.history import WatchRecord, check_watch
from tests.unit.store.robustness.engines import ALL, PREFIX, Rig, Writes, on, watched


@on(*ALL)
def test_etcd_18089_a_deletion_at_the_compacted_revision_is_not_left_out(rig: Rig) -> None:
    """A watch from a compacted revision that was a deletion began behind it: the deletion was never told."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        for number in range(3):
            await writes.put("k1", b"%d" % number)
        gone = await writes.put("k1", None)
        last = await writes.put("k1", b"again")
        await store.compact(gone)
        for after in range(gone - 3, last):
            record = await watched(store, after, last)
            if after < gone:
                assert record is None, "what may be incomplete is refused"
            else:
                assert record is not None and check_watch(writes.log, record, until=last) == []
        await store.close()

    rig.run(story)


@on(*ALL)
def test_etcd_18667_a_read_of_compacted_history_has_no_effect_on_anything(rig: Rig) -> None:
    """A transaction with a read at a compacted revision failed on one member and was done on the others."""

    async def story() -> None:
        stores = [await rig.open()]
        stores += [await rig.open()] if rig.name == "etcd" else []
        writes = Writes(stores[0])
        first = await writes.put("a", b"1")
        for number in range(10):
            last = await writes.put("b", b"%d" % number)
        await stores[0].compact(last)
        for store in stores:
            with pytest.raises(Compacted):
                await store.range(PREFIX, revision=first)
            with pytest.raises(Mismatch) as refused:
                await store.txn(PREFIX + "a", first + 1, b"2")
            assert refused.value.found == first, "found although its revision is long compacted"
        for store in stores:
            assert [entry.revision for entry in (await store.range(PREFIX)).entries] == [first, last]
        assert await writes.put("a", b"2", first) == last + 1, "nothing was written in between"
        for store in stores:
            entry = await store.get(PREFIX + "a")
            assert entry is not None and entry.revision == last + 1
            await store.close()

    rig.run(story)


@on(*ALL)
def test_etcd_19179_a_watch_opened_while_its_revision_is_compacted_misses_no_deletion(rig: Rig) -> None:
    """A watch opened at the very revision that was being compacted missed the deletion there."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        outcomes = set()
        for lap in range(25):
            for name in ("a", "b"):
                await writes.put(name, b"%d" % lap)
            first = await writes.put("a", None)
            await writes.put("b", None)
            last = await writes.put("c", b"%d" % lap)
            record, late, _ = await asyncio.gather(
                watched(store, first - 1, last), delayed(watched(store, first, last), lap % 3), store.compact(first)
            )
            for told in (record, late):
                outcomes.add(told is not None)
                assert told is None or check_watch(writes.log, told, until=last) == []
            assert late is not None, "history behind the compacted revision is kept"
        assert True in outcomes
        await store.close()

    rig.run(story)


async def delayed(work: Awaitable[WatchRecord | None], turns: int) -> WatchRecord | None:
    for _ in range(turns):
        await asyncio.sleep(0)
    return await work
