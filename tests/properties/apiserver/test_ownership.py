"""Owners and dependents under the real garbage collector, against the rules of deletion carried out on paper.

Objects form any acyclic graph of owners; some are held by a finalizer. Deletes of each policy and releases follow one another,
and after each of them the cluster must come to rest where the rules do.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.cluster.workloads.garbagecollector.controller import GarbageCollector
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.controlplane import control_plane

NAMES = tuple("abcdef")
HELD, FOREGROUND, ORPHAN = "example.com/held", "foregroundDeletion", "orphan"
Steps = list[tuple[str, str]]
"""(name, policy to delete it with or "release")."""


@dataclass
class Thing:
    """An object on paper."""

    owners: set[str]
    finalizers: set[str] = field(default_factory=set)
    is_deleting: bool = False


Things = dict[str, Thing]


def delete(things: Things, name: str, policy: str) -> None:
    """Delete an object, or begin to."""
    thing = things[name]
    thing.finalizers |= {"Foreground": {FOREGROUND}, "Orphan": {ORPHAN}}.get(policy, set())
    thing.is_deleting = True
    drop_if_free(things, name)


def drop_if_free(things: Things, name: str) -> None:
    """Remove an object nothing keeps."""
    if things[name].is_deleting and not things[name].finalizers:
        del things[name]


def collect(things: Things) -> None:
    """Carry out the rules until nothing is left to do."""
    while any(step(things, name) for name in sorted(things)):
        pass


def step(things: Things, name: str) -> bool:
    """Carry out one rule for an object; returns whether there was one."""
    thing = things[name]
    dependents = [other for other in things.values() if name in other.owners]
    if thing.is_deleting and ORPHAN in thing.finalizers:
        for other in dependents:
            other.owners.discard(name)
        thing.finalizers.discard(ORPHAN)
    elif thing.is_deleting and FOREGROUND in thing.finalizers and not dependents:
        thing.finalizers.discard(FOREGROUND)
    elif thing.owners and not thing.is_deleting:
        return judge(things, name, has_dependents=bool(dependents))
    else:
        return False
    drop_if_free(things, name)
    return True


def judge(things: Things, name: str, *, has_dependents: bool) -> bool:
    """Keep, unlink or delete a dependent."""
    thing = things[name]
    waiting = {owner for owner in thing.owners if owner in things and is_waiting(things[owner])}
    absent = thing.owners - set(things)
    if not waiting and not absent:
        return False
    if thing.owners - waiting - absent:
        thing.owners -= waiting | absent
    else:
        delete(things, name, "Foreground" if waiting and has_dependents else "Background")
    return True


def is_waiting(thing: Thing) -> bool:
    """Whether it waits for its dependents to go."""
    return thing.is_deleting and FOREGROUND in thing.finalizers


@st.composite
def graphs(draw: st.DrawFn) -> Things:
    """Objects that are owned by any of those before them."""
    things: Things = {}
    for name in NAMES[: draw(st.integers(2, len(NAMES)))]:
        owners = draw(st.sets(st.sampled_from(sorted(things)), max_size=2)) if things else set()
        things[name] = Thing(owners, {HELD} if draw(st.integers(0, 3)) == 0 else set())
    return things


STEPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(("Background", "Foreground", "Orphan", "release"))), min_size=1, max_size=6
)


async def create(client: Client, things: Things) -> None:
    """Create the graph."""
    uids: dict[str, str] = {}
    for name, thing in things.items():
        owners = [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": uids[owner], "blockOwnerDeletion": True}
            for owner in sorted(thing.owners)
        ]
        meta = {"name": name, "namespace": "default", "ownerReferences": owners, "finalizers": sorted(thing.finalizers)}
        made = await client.create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
        uids[name] = made["metadata"]["uid"]


async def do(client: Client, things: Things, name: str, action: str) -> None:
    """Make one step on paper and in the cluster."""
    if name not in things:
        return
    if action != "release":
        if not things[name].is_deleting:
            delete(things, name, action)
            await client.delete(CONFIG_MAP, name, "default", propagation=action)
    elif HELD in things[name].finalizers:
        things[name].finalizers.discard(HELD)
        drop_if_free(things, name)
        left = await client.get(CONFIG_MAP, name, "default")
        finalizers = [found for found in left["metadata"]["finalizers"] if found != HELD]
        await client.patch(CONFIG_MAP, name, "default", {"metadata": {"finalizers": finalizers}})


async def at_rest(client: Client, things: Things) -> None:
    """Wait until the cluster is where the rules came to rest."""
    expected = {name: (thing.is_deleting, HELD in thing.finalizers) for name, thing in things.items()}
    found: dict[str, tuple[bool, bool]] = {}
    for _ in range(1000):
        listed = await client.list(CONFIG_MAP, "default")
        metas = [item["metadata"] for item in listed]
        found = {meta["name"]: ("deletionTimestamp" in meta, HELD in meta.get("finalizers", ())) for meta in metas}
        if found == expected:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{found} instead of {expected}")


@settings(max_examples=settings().max_examples // 3)
@given(graphs(), STEPS)
def test_what_owners_leave_behind(things: Things, steps: Steps) -> None:
    async def run() -> None:
        async with control_plane() as manager:
            GarbageCollector(manager)
            await manager.start()
            await create(manager.client, things)
            for name, action in steps:
                await do(manager.client, things, name, action)
                collect(things)
                await at_rest(manager.client, things)

    asyncio.run(run())
