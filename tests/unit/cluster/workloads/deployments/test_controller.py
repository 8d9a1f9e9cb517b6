"""Deployments on a whole cluster in process: rollout, rollback, scale, deletion."""

import asyncio
from pathlib import Path

from pilothouse.api.meta import Tree
from pilothouse.sdk.kinds import DEPLOYMENT, POD, REPLICA_SET
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import cluster


def deployment(image: str, replicas: int = 3) -> Tree:
    container = {"name": "c", "image": image}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        },
    }  # fmt: skip


async def until_complete(manager: Manager, image: str, replicas: int = 3) -> Tree:
    async with asyncio.timeout(15):
        while True:
            tree = await manager.client.get(DEPLOYMENT, "web", "default")
            status = tree.get("status") or {}
            pods = await manager.client.list(POD, "default", labels="app=web")
            images = [pod["spec"]["containers"][0]["image"] for pod in pods]
            is_observed = status.get("observedGeneration") == tree["metadata"]["generation"]
            if is_observed and status.get("availableReplicas", 0) == replicas and images == [image] * replicas:
                return tree
            await asyncio.sleep(0.02)


def test_life_of_a_deployment(tmp_path: Path) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager:
            client = manager.client
            await client.create(DEPLOYMENT, deployment("app:1"))
            first = await until_complete(manager, "app:1")
            assert first["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
            await client.apply(DEPLOYMENT, deployment("app:2"))
            second = await until_complete(manager, "app:2")
            assert second["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
            reasons = {condition["type"]: condition["reason"] for condition in second["status"]["conditions"]}
            assert reasons == {"Available": "MinimumReplicasAvailable", "Progressing": "NewReplicaSetAvailable"}
            await client.apply(DEPLOYMENT, deployment("app:1"))
            third = await until_complete(manager, "app:1")
            assert third["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
            assert len(await client.list(REPLICA_SET, "default")) == 2, "the first ReplicaSet is used again"
            await client.patch(DEPLOYMENT, "web", "default", {"spec": {"replicas": 1}})
            await until_complete(manager, "app:1", 1)
            await client.delete(DEPLOYMENT, "web", "default", propagation="Foreground")
            async with asyncio.timeout(15):
                while await client.list(DEPLOYMENT, "default") or await client.list(POD, "default"):
                    await asyncio.sleep(0.02)

    asyncio.run(run())
