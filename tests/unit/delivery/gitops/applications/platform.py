"""A control plane in process with one Git repository and the Application controller."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pilothouse.api.meta import Tree, is_condition_true
from pilothouse.delivery.gitops.adapters.clusters import Clusters
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.projects import PROJECT
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.controller import APPLICATION, ApplicationController, built_in_judge
from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.types import definitions
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP, CUSTOM_RESOURCE_DEFINITION
from pilothouse.sdk.manager import Manager
from pilothouse.testing.controlplane import cluster
from tests.unit.delivery.gitops.adapters.test_git import git

NOTE = "argocd.argoproj.io/"


def config(name: str, data: str = "1", **notes: str) -> str:
    """A ConfigMap as a file; `sync_wave='1'` becomes the annotation."""
    lines = [f'    {NOTE}{key.replace("_", "-")}: "{value}"' for key, value in notes.items()]
    annotations = "".join(["\n  annotations:\n", "\n".join(lines)]) if lines else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}{annotations}\ndata: {{a: '{data}'}}\n"


class Platform:
    """What a test does with the platform."""

    kind = APPLICATION

    def __init__(self, manager: Manager, folder: Path, data_dir: Path) -> None:
        self.manager, self.client, self.folder, self._data_dir = manager, manager.client, folder, data_dir
        self.verdicts: dict[str, Health] = {}
        self.controller: ApplicationController | None = None
        self.poll_s = 0.1
        self.elsewhere: Client | None = None

    async def start(self) -> None:
        """Start a controller, or another one in the place of the one before."""
        if self.controller is not None:
            await self.controller._controller.stop()
            await self.controller.stop()
        mirrors = GitMirrors(self._data_dir / "git")
        settings = GitOpsConfig(local_poll_s=self.poll_s)
        clusters = Clusters(self.manager, "", lambda _destination: self.elsewhere or self.client)
        self.controller = ApplicationController(self.manager, mirrors, settings, judge=self._judge, clusters=clusters)
        await self.controller._controller.start()
        await self.controller.start()

    async def _judge(self, tree: Tree, client: Client | None = None, *, is_own: bool = False) -> Health | None:
        name = tree["metadata"]["name"]
        return self.verdicts.get(name) or await built_in_judge(tree)

    def judge_again(self, name: str, status: str) -> None:
        """Let an object have another health."""
        self.verdicts[name] = Health(status)
        assert self.controller is not None
        self.controller.look_again()

    def commit(self, **files: str | None) -> str:
        """Commit files; None removes one."""
        for name, text in files.items():
            path = self.folder / f"{name}.yaml"
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-qm", "change")
        return git(self.folder, "rev-parse", "HEAD")

    async def application(self, name: str = "shop", **spec: Any) -> Tree:
        """Create an Application of the repository."""
        meta = {"name": name, "namespace": "default", **spec.pop("metadata", {})}
        base = {
            "source": {"repoURL": f"file://{self.folder}", "path": ".", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        }
        tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": {**base, **spec}}
        return await self.client.create(APPLICATION, tree)

    async def project(self, name: str, **spec: Any) -> None:
        """Create a project that permits everything but what is given."""
        anything = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]}
        tree = {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": name, "namespace": "default"},
            "spec": {**anything, **spec},
        }  # fmt: skip
        await self.client.create(PROJECT, tree)

    async def ask(self, name: str = "shop", **sync: Any) -> None:
        """Ask for a sync."""
        await self.client.patch(APPLICATION, name, "default", {"operation": {"sync": sync}})

    async def until(self, condition: Callable[[Tree], bool], name: str = "shop", timeout_s: float = 10) -> Tree:
        """Return the status that fulfils a condition."""
        status: Tree = {}
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    status = (await self.client.get(APPLICATION, name, "default")).get("status") or {}
                    if condition(status):
                        return status
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pytest.fail(f"{name} stays at {status}")

    async def phase(self, wanted: str, name: str = "shop") -> Tree:
        """Return the operation state when it has a phase."""
        status = await self.until(lambda s: (s.get("operationState") or {}).get("phase") == wanted, name)
        state: Tree = status["operationState"]
        return state

    async def configs(self) -> set[str]:
        """Return the names of the ConfigMaps."""
        return {tree["metadata"]["name"] for tree in await self.client.list(CONFIG_MAP, "default")} - {"kube-root-ca.crt"}

    async def live(self, name: str) -> Tree | None:
        """Return a ConfigMap, None when it is not there."""
        try:
            return await self.client.get(CONFIG_MAP, name, "default")
        except NotFound:
            return None


@asynccontextmanager
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """Yield a platform whose controller runs."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    async with cluster(tmp_path / "data") as manager:
        for definition in definitions():
            await manager.client.create(CUSTOM_RESOURCE_DEFINITION, definition)
            name = definition["metadata"]["name"]
            while not is_condition_true(await manager.client.get(CUSTOM_RESOURCE_DEFINITION, name), "Established"):
                await asyncio.sleep(0.01)
        found = Platform(manager, folder, tmp_path / "data")
        await found.start()
        try:
            yield found
        finally:
            assert found.controller is not None
            await found.controller._controller.stop()
            await found.controller.stop()
