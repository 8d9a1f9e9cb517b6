"""Business health on a real API server: from an annotation in Git to the status of the Application, and back to Git's owner."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lupa")

from pilothouse.api.meta import Tree, is_condition_true
from pilothouse.delivery.gitops import factory
from pilothouse.delivery.gitops.applications.store import APPLICATION
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.engine.probes import ANNOTATION
from pilothouse.delivery.gitops.types import definitions
from pilothouse.sdk.kinds import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION, EVENT
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.gitops.adapters.health.servers import web
from tests.unit.delivery.gitops.adapters.test_git import git


@asynccontextmanager
async def gitops(tmp_path: Path, *objects: Tree, **settings: Any) -> AsyncIterator[Manager]:
    """Yield a platform that runs GitOps on a repository with some objects."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    for tree in objects:
        (folder / f"{tree['metadata']['name']}.yaml").write_text(json.dumps(tree))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    async with control_plane() as manager:
        for definition in definitions():
            await manager.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
            name = definition["metadata"]["name"]
            while not is_condition_true(await manager.client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
                await asyncio.sleep(0.01)
        config = GitOpsConfig(data_dir=str(tmp_path), local_poll_s=3600, namespace="default", **settings)
        await factory.start(manager, config)
        await manager.start()
        yield manager


async def application(manager: Manager, tmp_path: Path, **notes: str) -> None:
    spec = {
        "source": {"repoURL": f"file://{tmp_path / 'repo'}", "path": ".", "targetRevision": "main"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        "syncPolicy": {"automated": {}},
    }
    meta = {"name": "shop", "namespace": "default", "annotations": notes}
    tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec}
    await manager.client.create(APPLICATION, tree)


async def until(manager: Manager, condition: Callable[[Tree], Any], timeout_s: float = 10) -> Tree:
    """Return the status that fulfils a condition."""
    status: Tree = {}
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                status = (await manager.client.get(APPLICATION, "shop", "default")).get("status") or {}
                if condition(status):
                    return status
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"the application stays at {json.dumps(status)}")


def config(name: str, probe: str = "") -> Tree:
    meta = {"name": name, **({"annotations": {ANNOTATION: probe}} if probe else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1"}}


def health_of(status: Tree, name: str) -> Tree:
    found: Tree = next((entry.get("health") or {} for entry in status.get("resources") or () if entry["name"] == name), {})
    return found


def test_the_business_decides_and_a_change_is_seen_at_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with web() as server:
            probe = json.dumps({"http": {"url": server.url()}, "interval": "0.2s", "unhealthyAfter": 2})
            async with gitops(tmp_path, config("till", probe), config("plain")) as manager:
                await application(manager, tmp_path)
                status = await until(manager, lambda s: health_of(s, "till").get("status") == "Healthy")
                assert health_of(status, "till") == {"status": "Healthy", "source": "probe"}
                assert health_of(status, "plain") == {}
                server.says["/ready"] = (503, b'{"message": "no queue"}')
                status = await until(manager, lambda s: s["health"]["status"] == "Degraded")
                assert health_of(status, "till") == {"status": "Degraded", "message": "HTTP 503: no queue", "source": "probe"}
                server.says["/ready"] = (200, b'{"status": "ready"}')
                await until(manager, lambda s: s["health"]["status"] == "Healthy")

    asyncio.run(scenario())


def test_a_plugin_that_hangs_is_reported_and_lua_judges(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "hang").write_text("#!/bin/sh\nsleep 1000\n")
    (programs / "hang").chmod(0o755)

    async def scenario() -> None:
        probe = json.dumps({"program": {"name": "hang"}, "timeout": "0.5s", "interval": 60})
        others = [config(f"plain-{number}") for number in range(5)]
        async with gitops(tmp_path, config("till", probe), *others, health_probes_dir=str(programs)) as manager:
            data = {"resource.customizations.health.ConfigMap": "return {status = 'Suspended', message = 'by Lua'}"}
            meta = {"name": "argocd-cm", "namespace": "default"}
            await manager.client.create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
            await application(manager, tmp_path)
            status = await until(manager, lambda s: health_of(s, "till").get("source") == "lua")
            found = health_of(status, "till")
            assert (found["status"], found["message"]) == ("Suspended", "by Lua")
            assert "no verdict within 0.5 s" in found["warning"]
            assert all(health_of(status, tree["metadata"]["name"])["status"] == "Suspended" for tree in others)
            (condition,) = [each for each in status["conditions"] if each["type"] == "HealthCheckWarning"]
            assert condition["message"].startswith("ConfigMap/till: ")
            async with asyncio.timeout(10):
                while not any(event["reason"] == "HealthCheckFailed" for event in await manager.client.list(EVENT, "default")):
                    await asyncio.sleep(0.02)

    asyncio.run(scenario())


def test_a_probe_of_the_application_itself_and_of_a_kind(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with web() as server:
            server.says["/query/api/v1/query"] = (
                200,
                json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "0"]}}).encode(),
            )
            settings = {"server": server.url("/query"), "query": "orders", "compare": "> 0"}
            own = json.dumps({"prometheus": settings, "interval": "0.2s", "progressDeadline": "0.1s"})
            async with gitops(tmp_path, config("till")) as manager:
                data = {
                    "resource.customizations.probe.ConfigMap": json.dumps({"http": {"url": server.url()}, "interval": "0.2s"})
                }
                meta = {"name": "argocd-cm", "namespace": "default"}
                await manager.client.create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
                await application(manager, tmp_path, **{ANNOTATION: own})
                status = await until(manager, lambda s: (s.get("health") or {}).get("status") == "Degraded")
                assert (status["health"]["source"], status["health"]["message"]) == ("probe", "0 is not > 0")
                await until(manager, lambda s: health_of(s, "till") == {"status": "Healthy", "source": "probe"})
                result = {"resultType": "scalar", "result": [1, "7"]}
                server.says["/query/api/v1/query"] = (200, json.dumps({"status": "success", "data": result}).encode())
                await until(manager, lambda s: s["health"]["status"] == "Healthy")

    asyncio.run(scenario())
