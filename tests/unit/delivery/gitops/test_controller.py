"""Applications on a whole cluster in process: sync, self-heal, prune, failures, deletion."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.api.meta import Tree, is_condition_true
from pilothouse.delivery.gitops import factory
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.controller import APPLICATION, ApplicationController
from pilothouse.delivery.gitops.types import definitions
from pilothouse.sdk.kinds import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import cluster
from tests.unit.delivery.gitops.adapters.test_git import git

DEPLOYMENT_YAML = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: app:1, ports: [{name: http, containerPort: 80}]}]}
"""
CONFIG_YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"


def commit(folder: Path, **files: str | None) -> str:
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change")
    return git(folder, "rev-parse", "HEAD")


def application(folder: Path) -> Tree:
    return {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "default", "finalizers": ["resources-finalizer.argocd.argoproj.io"]},
        "spec": {
            "source": {"repoURL": f"file://{folder}", "path": ".", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
    }  # fmt: skip


async def start_gitops(manager: Manager, data_dir: Path) -> None:
    for definition in definitions():
        await manager.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
        name = definition["metadata"]["name"]
        while not is_condition_true(await manager.client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
            await asyncio.sleep(0.01)
    controller = ApplicationController(manager, GitMirrors(data_dir / "git"), GitOpsConfig(local_poll_s=0.1))
    await controller._controller.start()
    await controller.start()


async def until(manager: Manager, condition, timeout_s: float = 15) -> Tree:  # type: ignore[no-untyped-def]
    status: Tree = {}
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                status = (await manager.client.get(APPLICATION, "shop", "default")).get("status") or {}
                if condition(status):
                    return status
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"the application stays at {status}")


def is_healthy(revision: str):  # type: ignore[no-untyped-def]
    return lambda s: (
        (s.get("sync") or {}).get("status") == "Synced"
        and s["sync"]["revision"] == revision
        and s["health"]["status"] == "Healthy"
        and (s.get("operationState") or {}).get("phase") == "Succeeded"
    )


def test_life_of_an_application(tmp_path: Path) -> None:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    first = commit(folder, web=DEPLOYMENT_YAML, settings=CONFIG_YAML)

    async def run() -> None:
        async with cluster(tmp_path / "data") as manager:
            client = manager.client
            await start_gitops(manager, tmp_path / "data")
            await client.create(APPLICATION, application(folder))
            status = await until(manager, is_healthy(first))
            assert {entry["kind"] for entry in status["resources"]} == {"ConfigMap", "Deployment"}
            assert status["history"][0]["revision"] == first

            await client.patch(DEPLOYMENT, "web", "default", {"spec": {"replicas": 7}})
            async with asyncio.timeout(10):
                while (await client.get(DEPLOYMENT, "web", "default"))["spec"]["replicas"] != 2:
                    await asyncio.sleep(0.02)

            second = commit(folder, settings=None)
            await until(manager, is_healthy(second))
            assert not [tree for tree in await client.list(CONFIG_MAP, "default") if tree["metadata"]["name"] == "settings"]

            commit(folder, broken="kind: [")
            status = await until(manager, lambda s: any(c["type"] == "ComparisonError" for c in s.get("conditions") or ()))
            assert "broken.yaml" in status["conditions"][0]["message"]

            third = commit(folder, broken=None)
            await until(manager, is_healthy(third))

            commit(folder, web=None)
            status = await until(manager, lambda s: any(c["type"] == "SyncError" for c in s.get("conditions") or ()))
            assert "will wipe out all resources" in status["conditions"][0]["message"]
            assert await client.list(DEPLOYMENT, "default")
            await client.delete(APPLICATION, "shop", "default")
            async with asyncio.timeout(10):
                while await client.list(APPLICATION, "default") or await client.list(DEPLOYMENT, "default"):
                    await asyncio.sleep(0.02)

    asyncio.run(run())


def test_the_capability_declares_its_kinds() -> None:
    kinds = {definition["spec"]["names"]["kind"] for definition in factory.CAPABILITY.crds()}  # type: ignore[misc]
    assert kinds == {"Application", "ApplicationSet", "AppProject"}
