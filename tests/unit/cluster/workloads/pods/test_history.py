"""The history as it is kept in the API server."""

import asyncio
from pathlib import Path
from typing import Any

from pilothouse.cluster.workloads.pods.revisions import revision_name
from pilothouse.sdk import kinds
from pilothouse.sdk.client import Client
from pilothouse.testing.controlplane import cluster


def daemon_set(image: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"selector": {"matchLabels": {"app": "a"}}, "template": template, "revisionHistoryLimit": 1}
    meta = {"name": "agent", "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": spec}


async def revisions(client: Client, wanted: list[int]) -> list[str]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(15):
        while sorted(each["revision"] for each in found) != wanted:
            found = await client.list(kinds.CONTROLLER_REVISION, "default")
            await asyncio.sleep(0.01)
    return [each["metadata"]["name"] for each in sorted(found, key=lambda each: each["revision"])]


def test_templates_come_go_and_come_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager:
            client = manager.client
            first = await client.create(kinds.DAEMON_SET, daemon_set("app:1"))
            assert await revisions(client, [1]) == [revision_name(first)]
            for image in ("app:2", "app:1"):
                change = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}
                await client.patch(kinds.DAEMON_SET, "agent", "default", change)
                await revisions(client, [1, 2] if image == "app:2" else [2, 3])

    asyncio.run(run())
