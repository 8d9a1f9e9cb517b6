"""A Git repository and a renderer for tests of sources."""

import asyncio
from pathlib import Path
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.render import Renderer, Rendering
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.kit.clock import ManualClock
from tests.unit.delivery.gitops.adapters.test_git import git


class World:
    """One repository, and what is rendered of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.folder = root, root / "repo"
        self.folder.mkdir()
        git(self.folder, "init", "-q")
        self.url = f"file://{self.folder}"
        self.access = Access()
        self.start()

    def start(self) -> None:
        clock = ManualClock()
        self.mirrors = GitMirrors(self.root / "mirrors", clock)
        self.renderer = Renderer(self.mirrors, clock, access=lambda app: lambda url: self.access)

    def write(self, **files: str) -> str:
        """Write files (`__` for a slash, `_yaml` and the like for an ending) and commit them."""
        return self.commit({name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in files.items()})

    def commit(self, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-qm", "x", "--allow-empty")
        return git(self.folder, "rev-parse", "HEAD")

    def app(self, *sources: dict[str, Any], name: str = "shop") -> App:
        filled = [{"repoURL": self.url, "targetRevision": "main", **source} for source in sources]
        spec: Tree = {"destination": {"namespace": "prod"}, "project": "default"}
        spec.update({"source": filled[0]} if len(filled) == 1 else {"sources": filled})
        return read_app({"metadata": {"name": name, "namespace": "argocd", "uid": name}, "spec": spec})

    async def rendering(self, app: App) -> Rendering:
        return await self.renderer.rendering(app, await self.renderer.resolve(app))

    def render(self, *sources: dict[str, Any]) -> list[Tree]:
        return asyncio.run(self.rendering(self.app(*sources))).objects

    def names(self, *sources: dict[str, Any]) -> list[str]:
        return [tree["metadata"]["name"] for tree in self.render(*sources)]


def config_map(name: str, **data: str) -> str:
    lines = "".join(f"  {key}: {value!r}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines or '  {}'}\n"
