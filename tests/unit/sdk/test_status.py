"""Status writes: only when something changed, on the freshest object, never touching the spec."""

import asyncio

from pilothouse.api.meta import Tree
from pilothouse.sdk.kinds import DEPLOYMENT
from pilothouse.sdk.status import write_status
from pilothouse.testing.controlplane import control_plane

TREE = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}  # fmt: skip


def test_conflicts_are_retried_on_the_freshest_object() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            client = manager.client
            stale = await client.create(DEPLOYMENT, TREE)
            await client.patch(DEPLOYMENT, "web", "default", {"spec": {"replicas": 5}})
            seen: list[int] = []

            def compute(tree: Tree) -> Tree:
                seen.append(tree["spec"]["replicas"])
                return {**(tree.get("status") or {}), "replicas": 3, "observedGeneration": tree["metadata"]["generation"]}

            stored = await write_status(client, DEPLOYMENT, stale, compute)
            assert stored is not None
            assert seen == [1, 5]
            assert stored["spec"]["replicas"] == 5, "the spec somebody else wrote is kept"
            assert stored["status"]["observedGeneration"] == 2
            again = await write_status(client, DEPLOYMENT, stored, compute)
            assert again is not None
            assert again["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"], "nothing was written"

    asyncio.run(run())


def test_a_deleted_object_is_no_failure() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            tree = await manager.client.create(DEPLOYMENT, TREE)
            await manager.client.delete(DEPLOYMENT, "web", "default")
            assert await write_status(manager.client, DEPLOYMENT, tree, lambda _: {"replicas": 1}) is None

    asyncio.run(run())
