"""Live objects are looked up only in complete caches."""

import asyncio

from pilothouse.delivery.gitops.adapters.cluster import ClusterObjects
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.controlplane import control_plane


def test_the_second_to_follow_a_kind_waits_for_its_objects_too() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            tree = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "there", "namespace": "default"}}
            await manager.client.create(CONFIG_MAP, tree)
            objects = ClusterObjects(manager, lambda name: None)
            found = await asyncio.gather(objects.live(tree), objects.live(tree))
            assert all(live is not None for live in found)

    asyncio.run(run())
