"""Jobs on a real API server with a node whose Pods run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import JOB, POD
from pilothouse.testing.controlplane import cluster

TEMPLATE = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x"}]}}


async def until(read: Callable[[], Any], ready: Callable[[Any], Any]) -> Any:
    while not ready(found := await read()):
        await asyncio.sleep(0.01)
    return found


async def finish(client: Client, phase: str, count: int) -> None:
    """Let running Pods end."""
    pods = await until(lambda: client.list(POD, "default"), lambda found: len(found) >= count)
    for pod in pods:
        while pod.get("status", {}).get("phase") != "Running":
            await asyncio.sleep(0.01)
            pod = await client.get(POD, pod["metadata"]["name"], "default")
        await client.patch(POD, pod["metadata"]["name"], "default", {"status": {"phase": phase}}, subresource="status")


def test_pods_are_counted_released_and_may_go(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager, asyncio.timeout(40):
            client = manager.client
            spec = {"completions": 2, "parallelism": 2, "template": TEMPLATE}
            await client.create(
                JOB, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"}, "spec": spec}
            )
            await finish(client, "Succeeded", 2)
            done = await until(lambda: client.get(JOB, "j", "default"), lambda job: job["status"].get("completionTime"))
            assert (done["status"]["succeeded"], done["status"]["uncountedTerminatedPods"]) == (2, {})
            pods = await client.list(POD, "default")
            assert all("finalizers" not in pod["metadata"] for pod in pods)
            for pod in pods:
                await client.delete(POD, pod["metadata"]["name"], "default")
            await until(lambda: client.list(POD, "default"), lambda found: not found)
            assert (await client.get(JOB, "j", "default"))["status"]["succeeded"] == 2

    asyncio.run(run())


def test_deleting_a_job_keeps_no_pod_behind(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager, asyncio.timeout(40):
            client = manager.client
            spec = {"template": TEMPLATE}
            await client.create(
                JOB, {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"}, "spec": spec}
            )
            await until(lambda: client.list(POD, "default"), bool)
            await client.delete(JOB, "j", "default", propagation="Background")
            await until(lambda: client.list(POD, "default"), lambda found: not found)
            try:
                await client.get(JOB, "j", "default")
                raise AssertionError("the Job is still there")
            except NotFound:
                pass

    asyncio.run(run())
