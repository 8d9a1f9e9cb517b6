"""The scheduler on a whole cluster in process: a Pod that fits nowhere waits without work until something changes."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.api.meta import ObjectKey, Tree, condition_of
from pilothouse.cluster.scheduler.controller import Scheduler
from pilothouse.cluster.scheduler.engine.queue import SchedulingQueue
from pilothouse.sdk import kinds
from pilothouse.sdk.client import Client
from pilothouse.testing.controlplane import cluster, control_plane

QUIET_S = 0.3
MANY = 20


def pod(name: str, **spec: object) -> Tree:
    spec = {"containers": [{"name": "c", "image": "app:1"}], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


async def scheduled(client: Client, name: str, status: str) -> Tree:
    async with asyncio.timeout(15):
        while True:
            found = await client.get(kinds.POD, name, "default")
            condition = condition_of(found, "PodScheduled") or {}
            if condition.get("status") == status:
                return condition
            await asyncio.sleep(0.01)


def test_a_pod_that_fits_nowhere_waits_quietly_until_a_node_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pops = 0
    pop = SchedulingQueue.pop

    def counted(queue: SchedulingQueue) -> ObjectKey | None:
        nonlocal pops
        pops += 1
        return pop(queue)

    monkeypatch.setattr(SchedulingQueue, "pop", counted)

    async def story() -> None:
        async with cluster(tmp_path) as manager:
            client = manager.client
            await client.create(kinds.POD, pod("picky", nodeSelector={"disk": "fast"}))
            why = await scheduled(client, "picky", "False")
            assert why["reason"] == "Unschedulable"
            assert why["message"] == "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
            await client.create(kinds.POD, pod("easy"))
            await scheduled(client, "easy", "True")
            before = pops
            await asyncio.sleep(QUIET_S)
            assert pops - before < MANY
            (node,) = await client.list(kinds.NODE)
            await client.patch(kinds.NODE, node["metadata"]["name"], "", {"metadata": {"labels": {"disk": "fast"}}})
            await scheduled(client, "picky", "True")

    asyncio.run(story())


def test_a_pod_of_another_scheduler_is_left_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with cluster(tmp_path) as manager:
            client = manager.client
            await client.create(kinds.POD, pod("theirs", schedulerName="theirs"))
            await client.create(kinds.POD, pod("ours"))
            await scheduled(client, "ours", "True")
            assert "nodeName" not in (await client.get(kinds.POD, "theirs", "default"))["spec"]

    asyncio.run(story())


def test_many_waiting_pods_do_not_hold_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with control_plane() as manager:
            scheduler, tried, turns = Scheduler(manager), [], []
            monkeypatch.setattr(scheduler._pods.cache, "get", lambda name, namespace="": pod(name))
            monkeypatch.setattr(scheduler, "_schedule", tried.append)
            for number in range(MANY):
                scheduler._queue.add(ObjectKey("default", str(number)), 0)
            scheduler._scope.spawn(scheduler._run(), "run")
            while len(tried) < MANY:
                turns.append(len(tried))
                await asyncio.sleep(0)
            assert len(turns) >= MANY
            await scheduler.stop()

    asyncio.run(story())
