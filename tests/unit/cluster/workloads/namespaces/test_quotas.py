"""Quotas on a whole cluster in process: what is used follows the objects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pilothouse.api.meta import Tree
from pilothouse.kit.errors import Denied
from pilothouse.sdk import kinds
from pilothouse.sdk.client import Client
from pilothouse.testing.controlplane import cluster


def _on_a_cluster(tmp_path: Path, story: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager:
            await story(manager.client)

    asyncio.run(run())


async def _until_used(client: Client, **used: str) -> None:
    found: Tree = {}
    wanted = {name.replace("_per_", "/").replace("__", "."): amount for name, amount in used.items()}
    try:
        async with asyncio.timeout(10):
            while (found.get("status") or {}).get("used") != wanted:
                found = await client.get(kinds.RESOURCE_QUOTA, "q", "default")
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"the quota stays at {found.get('status')}, not {wanted}")


def _tree(kind: kinds.Kind, name: str, **fields: object) -> Tree:
    meta = {"name": name, "namespace": "default"}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **fields}


def test_used_follows_what_is_created_ends_and_is_deleted(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.create(kinds.SECRET, _tree(kinds.SECRET, "before"))
        hard = {"secrets": "2", "pods": "3", "requests.cpu": "1", "count/deployments.apps": "1"}
        await client.create(kinds.RESOURCE_QUOTA, _tree(kinds.RESOURCE_QUOTA, "q", spec={"hard": hard}))
        await _until_used(client, secrets="1", pods="0", requests__cpu="0", count_per_deployments__apps="0")
        await client.create(kinds.SECRET, _tree(kinds.SECRET, "after"))
        with pytest.raises(Denied, match="exceeded quota: q, requested: secrets=1, used: secrets=2, limited: secrets=2"):
            await client.create(kinds.SECRET, _tree(kinds.SECRET, "more"))
        resources = {"requests": {"cpu": "600m"}}
        spec = {"nodeName": "nowhere", "containers": [{"name": "c", "image": "x", "resources": resources}]}
        await client.create(kinds.POD, _tree(kinds.POD, "p", spec=spec))
        await _until_used(client, secrets="2", pods="1", requests__cpu="600m", count_per_deployments__apps="0")
        await client.delete(kinds.SECRET, "before", "default")
        await _until_used(client, secrets="1", pods="1", requests__cpu="600m", count_per_deployments__apps="0")
        pod = await client.get(kinds.POD, "p", "default")
        await client.replace(kinds.POD, {**pod, "status": {**pod["status"], "phase": "Failed"}}, subresource="status")
        await _until_used(client, secrets="1", pods="0", requests__cpu="0", count_per_deployments__apps="0")

    _on_a_cluster(tmp_path, story)


def test_changed_limits_are_counted_at_once(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.create(kinds.RESOURCE_QUOTA, _tree(kinds.RESOURCE_QUOTA, "q", spec={"hard": {"secrets": "5"}}))
        await _until_used(client, secrets="0")
        quota = await client.get(kinds.RESOURCE_QUOTA, "q", "default")
        await client.replace(kinds.RESOURCE_QUOTA, {**quota, "spec": {"hard": {"resourcequotas": "4", "services": "3"}}})
        await _until_used(client, resourcequotas="1", services="1")

    _on_a_cluster(tmp_path, story)
