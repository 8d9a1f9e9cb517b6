"""A control plane in process with a Git repository, the Application controller and the ApplicationSet controller."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.api.meta import Tree, is_condition_true
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.applicationsets.assembling import application_sets
from pilothouse.delivery.gitops.applicationsets.controller import ApplicationSetController
from pilothouse.delivery.gitops.applicationsets.writing import APPLICATION_SET
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.controller import APPLICATION, ApplicationController
from pilothouse.delivery.gitops.types import definitions
from pilothouse.sdk.kinds import CUSTOM_RESOURCE_DEFINITION, SECRET
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import cluster
from tests.unit.delivery.gitops.adapters.test_git import git

DESTINATION = {"server": "https://kubernetes.default.svc", "namespace": "default"}
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata: {a: 'VALUE'}\n"


def config(name: str, value: str = "1") -> str:
    return CONFIG.replace("NAME", name).replace("VALUE", value)


class World:
    """What a test does."""

    def __init__(self, manager: Manager, folder: Path, sets: ApplicationSetController) -> None:
        self.manager, self.client, self.folder, self.sets = manager, manager.client, folder, sets
        self.url = f"file://{folder}"

    def commit(self, files: dict[str, str | None]) -> str:
        """Commit files; None removes one."""
        for name, text in files.items():
            path = self.folder / name
            path.unlink(missing_ok=True)
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-qm", "change")
        return git(self.folder, "rev-parse", "HEAD")

    async def apply(self, generators: list[Tree], template: Tree | None = None, name: str = "team", **spec: Any) -> Tree:
        """Create an ApplicationSet with Go templates."""
        meta = {"name": name, "namespace": "default"}
        base = {
            "goTemplate": True, "generators": generators,
            "template": template or self.template("{{.path.basename}}", "{{.path.path}}"),
        }  # fmt: skip
        tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": meta, "spec": {**base, **spec}}
        return await self.client.create(APPLICATION_SET, tree)

    def template(self, name: str, path: str = ".", **extra: Any) -> Tree:
        """A template of Applications of the repository."""
        source = {"repoURL": self.url, "path": path, "targetRevision": "main"}
        meta = {"name": name, **extra.pop("metadata", {})}
        return {"metadata": meta, "spec": {"project": "default", "source": source, "destination": DESTINATION, **extra}}

    def directories(self, pattern: str = "apps/*") -> Tree:
        """A git generator."""
        return {"git": {"repoURL": self.url, "revision": "main", "directories": [{"path": pattern}]}}

    async def cluster_secret(self, name: str, **labels: str) -> None:
        """Write the Secret of a cluster."""
        marks = {"argocd.argoproj.io/secret-type": "cluster", **labels}
        tree = {
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default", "labels": marks},
            "stringData": {"name": name, "server": f"https://{name}.example.com", "config": "{}"},
        }  # fmt: skip
        await self.client.create(SECRET, tree)

    async def apps(self) -> dict[str, Tree]:
        """Return the Applications by name."""
        return {tree["metadata"]["name"]: tree for tree in await self.client.list(APPLICATION, "default")}

    async def until(self, condition: Callable[[dict[str, Tree]], Any], timeout_s: float = 20) -> dict[str, Tree]:
        """Return the Applications when they fulfil a condition."""
        found: dict[str, Tree] = {}
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    found = await self.apps()
                    if condition(found):
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            status = [tree.get("status") for tree in await self.client.list(APPLICATION_SET, "default")]
            stay = {name: tree.get("status") for name, tree in found.items()}
            pytest.fail(f"Applications stay at {stay}; {status}")

    async def names(self, *wanted: str) -> dict[str, Tree]:
        """Return the Applications when they have these names."""
        return await self.until(lambda apps: set(apps) == set(wanted))

    async def status(self, condition: Callable[[Tree], Any], name: str = "team", timeout_s: float = 20) -> Tree:
        """Return the status of an ApplicationSet when it fulfils a condition."""
        found: Tree = {}
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    found = (await self.client.get(APPLICATION_SET, name, "default")).get("status") or {}
                    if condition(found):
                        return found
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"{name} stays at {found}")


def condition(status: Tree, kind: str) -> Tree:
    """Return a condition of a status."""
    return next((one for one in status.get("conditions") or () if one["type"] == kind), {})


@asynccontextmanager
async def world(tmp_path: Path, *, has_applications: bool = True, **settings: Any) -> AsyncIterator[World]:
    """Yield a control plane on which ApplicationSets work."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    async with cluster(tmp_path / "data") as manager:
        for definition in definitions():
            await manager.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
            name = definition["metadata"]["name"]
            while not is_condition_true(await manager.client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
                await asyncio.sleep(0.01)
        mirrors, setup = GitMirrors(tmp_path / "mirrors"), GitOpsConfig(**{"local_poll_s": 0.1, **settings})
        sets = application_sets(manager, mirrors, setup)
        applications = ApplicationController(manager, mirrors, setup)
        applications.on_news.append(sets.news)
        if has_applications:
            await applications._controller.start()
        await sets.controller.start()
        await applications.start()
        try:
            yield World(manager, folder, sets)
        finally:
            await sets.controller.stop()
            await sets.stop()
            if has_applications:
                await applications._controller.stop()
            await applications.stop()
