"""Bugs of etcd in watches, told on our engines."""

from __future__ import annotations

import asyncio

from pilothouse.store.revisions import Compacted
from pilothouse.testing.history import WatchRecord, check_watch
from tests.unit.store.log.powercuts import as_seen
from tests.unit.store.robustness.engines import ALL, DURABLE, PREFIX, Rig, Writes, attempt, follow, on


@on(*ALL)
def test_etcd_15220_progress_is_never_ahead_of_what_a_watch_is_told(rig: Rig) -> None:
    """Asked for its progress, a watch was told a revision before the events up to it."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("start", b"0")
        record = WatchRecord()
        record.opened(start)
        watch = store.watch(PREFIX, start)
        promised: list[int] = []
        told: dict[int, int] = {}

        async def asker() -> None:
            while len(promised) < 30:
                promised.append(await store.progress())
                await asyncio.sleep(0.001)

        async def reader() -> None:
            async for batch in watch:
                told[batch[-1].revision] = len(promised)
                record.events(*map(as_seen, batch), durable=store.revision)

        reading = asyncio.ensure_future(reader())
        async with asyncio.TaskGroup() as group:
            group.create_task(asker())
            for name in range(4):
                group.create_task(many(writes, str(name), 60))
        last = max(writes.acknowledged)
        promised.append(await store.progress())
        assert promised == sorted(promised), "progress does not go back"
        assert promised[-1] >= last, "nor does it lag behind what was acknowledged"
        while max(told, default=0) < last:  # without another write
            await asyncio.sleep(0.002)
        watch.close()
        await reading
        assert check_watch(writes.log, record, until=last) == []
        await store.close()

    rig.run(story)


async def many(writes: Writes, name: str, count: int) -> None:
    for number in range(count):
        await writes.put(name, b"%s-%d" % (name.encode(), number))


@on(*DURABLE)
def test_etcd_15271_a_watch_never_goes_back_in_time(rig: Rig) -> None:
    """A member that had been cut off took over a snapshot and told its watches again what they had been told."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("start", b"0")
        record = WatchRecord()
        record.opened(start)
        for lap in range(3):
            await many(writes, f"lap{lap}", 40)
            if lap == 1:
                await writes.store.snapshot()
            last = max(writes.acknowledged)
            await follow(writes.store.watch(PREFIX, record.position), record, last - 15)
            await writes.store.close()
            writes.store = await rig.crash("everything")
            record.opened(record.position)
        last = max(writes.acknowledged)
        await follow(writes.store.watch(PREFIX, record.position), record, last)
        assert check_watch(writes.log, record, until=last) == []
        await writes.store.close()

    rig.run(story)


@on(*ALL)
def test_etcd_17247_every_write_is_one_event_however_many_competed(rig: Rig) -> None:
    """A cached result of a transaction made watches get an event twice."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("one", b"0")
        records = [WatchRecord(str(number)) for number in range(3)]
        for record in records:
            record.opened(start)
        watches = [store.watch(PREFIX, start) for _ in records]
        for number in range(25):
            entry = await store.get(PREFIX + "one")
            assert entry is not None
            tries = [writes.put("one", b"%d-%d" % (number, name), entry.revision) for name in range(6)]
            done = await asyncio.gather(*map(attempt, tries))
            assert sum(revision > 0 for revision in done) == 1, "one of them wins"
        last = max(writes.acknowledged)
        for watch, record in zip(watches, records, strict=True):
            await follow(watch, record, last)
            assert check_watch(writes.log, record, until=last) == []
        await store.close()

    rig.run(story)


@on(*ALL)
def test_etcd_17529_a_slow_watch_is_told_everything_or_that_it_is_too_late(rig: Rig) -> None:
    """A watch that was too slow for the compaction went on behind a gap, without being told."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("start", b"0")
        slow, quick = WatchRecord("slow"), WatchRecord("quick")
        watches = {slow: store.watch(PREFIX, start), quick: store.watch(PREFIX, start)}
        for record in watches:
            record.opened(start)
        reading = asyncio.ensure_future(follow(watches[quick], quick, start + 1_500))
        for name in range(0, 30, 5):
            await asyncio.gather(*(many(writes, str(name + each), 50) for each in range(5)))
        last = max(writes.acknowledged)
        await reading
        await store.compact(last - 10)
        outcome = "told everything"
        try:
            await follow(watches[slow], slow, last)
        except Compacted:
            outcome = "too late"
        assert check_watch(writes.log, slow, until=last if outcome == "told everything" else 0) == []
        assert check_watch(writes.log, quick, until=start + 1_500) == []
        if rig.name != "etcd":
            assert outcome == "too late"
        await store.close()

    rig.run(story)


@on(*ALL)
def test_etcd_20221_a_watch_of_the_future_is_told_nothing_of_the_past(rig: Rig) -> None:
    """A watch from a revision that was not there yet was told events and progress from before it."""

    async def story() -> None:
        store = await rig.open()
        writes = Writes(store)
        start = await writes.put("start", b"0")
        record = WatchRecord()
        record.opened(start + 10)
        reading = asyncio.ensure_future(follow(store.watch(PREFIX, start + 10), record, start + 15))
        await asyncio.sleep(0.05)
        for number in range(15):
            assert await writes.put("a", b"%d" % number) == start + 1 + number, "nothing else is written here"
        await reading
        assert check_watch(writes.log, record, until=start + 15) == []
        assert len(record.answers) >= 1
        await store.close()

    rig.run(story)
