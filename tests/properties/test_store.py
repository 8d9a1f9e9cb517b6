"""A store against a dictionary: any sequence of writes, with restarts in between for the engine that keeps them."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.store.log.engine import LogStore
from pilothouse.store.memory import MemoryStore
from pilothouse.store.revisions import Mismatch, Store

KEYS = st.sampled_from(("/registry/a/x", "/registry/a/y", "/registry/b/x"))
WRITES = st.tuples(KEYS, st.sampled_from(("any", "current", "stale")), st.one_of(st.none(), st.binary(max_size=8)))
STEPS = st.lists(st.one_of(WRITES, st.just("restart"), st.just("snapshot")), max_size=25)
Model = dict[str, tuple[int, bytes]]


async def write(store: Store, model: Model, key: str, expects: str, value: bytes | None) -> None:
    """Make one write of the store and of the model."""
    current = model.get(key, (0, b""))[0]
    expected = {"any": None, "current": current, "stale": current + 1}[expects]
    before = store.revision
    try:
        revision = await store.txn(key, expected, value)
    except Mismatch:
        assert expects == "stale" and store.revision == before
        return
    assert expects != "stale"
    if value is None:
        assert revision == before + (1 if key in model else 0)
        model.pop(key, None)
    else:
        assert revision == before + 1
        model[key] = (revision, value)


async def check(store: Store, model: Model) -> None:
    """Compare everything that can be read."""
    found = await store.range("/registry/")
    assert {entry.key: (entry.revision, entry.value) for entry in found.entries} == model
    assert [entry.key for entry in found.entries] == sorted(model)


@given(STEPS)
def test_the_memory_engine_is_a_dictionary(steps: list[object]) -> None:
    async def run() -> None:
        store, model = MemoryStore(), Model()
        for step in steps:
            if isinstance(step, tuple):
                await write(store, model, *step)
        await check(store, model)
        await store.close()

    asyncio.run(run())


@given(STEPS)
def test_the_log_engine_is_a_dictionary_that_outlives_its_process(steps: list[object]) -> None:
    async def run(root: Path) -> None:
        store, model = await LogStore.open(root), Model()
        for step in steps:
            if isinstance(step, tuple):
                await write(store, model, *step)
            elif step == "snapshot":
                await store.snapshot()
            else:
                revision = store.revision
                await store.close()
                store = await LogStore.open(root)
                assert store.revision == revision
            await check(store, model)
        await store.close()

    with TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))
