"""How long what is known of sources is believed."""

import asyncio
import os
from pathlib import Path

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.sources import Sources
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.delivery.gitops.types import App, read_app
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.gitops.adapters.render.world import World, config_map


def app(*urls: str) -> App:
    spec = {"sources": [{"repoURL": url} for url in urls], "destination": {}}
    return read_app({"metadata": {"name": "a", "namespace": "default"}, "spec": spec})


def test_folders_are_looked_at_often_and_a_refresh_is_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit({"a.yaml": config_map("a")})

    async def run() -> None:
        async with control_plane() as manager:
            mirrors = GitMirrors(tmp_path / "m")
            sources = Sources(manager, mirrors, GitOpsConfig(poll_s=120, local_poll_s=100))
            assert all(120 <= sources.poll_s(one) <= 132 for one in (app(world.url), app("https://h/r", world.url)))
            first = await sources.rendering(app(world.url))
            world.commit({"a.yaml": config_map("b")})
            assert (await sources.rendering(app(world.url))).revisions == first.revisions and mirrors.exchanges == 1
            assert (await sources.rendering(app(world.url), is_refresh=True)).objects[0]["metadata"]["name"] == "b"
            assert sources.reads("a", "default")[0]["a.yaml"]
            await sources.forget("a", "default")
            assert not mirrors.repositories.path_of(world.url).exists()

    asyncio.run(run())


def test_mirrors_of_applications_long_gone_are_removed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit({"a.yaml": config_map("a")})
    stale = tmp_path / "m" / ("0" * 32)
    stale.mkdir(parents=True)
    os.utime(stale, (0, 0))

    async def run() -> None:
        async with control_plane() as manager:
            await Sources(manager, GitMirrors(tmp_path / "m"), GitOpsConfig()).rendering(app(world.url))
            assert not stale.exists()

    asyncio.run(run())
