"""Repositories are looked at together, and only news wakes anybody."""

import asyncio
from pathlib import Path

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.sources.watching import RepositoryWatch, interval_s
from pilothouse.delivery.gitops.config import GitOpsConfig
from pilothouse.kit.clock import SystemClock
from tests.unit.delivery.gitops.adapters.render.world import World, config_map

CONFIG = GitOpsConfig(local_poll_s=0.02)


def test_intervals() -> None:
    assert interval_s("/folder", CONFIG) == 0.02
    assert 120 <= interval_s("https://example.com/r", CONFIG) <= 132


def test_a_commit_is_news_and_nothing_else_is(tmp_path: Path) -> None:
    world, told = World(tmp_path), asyncio.Queue[str]()
    world.commit({"a.yaml": config_map("a")})

    async def run() -> None:
        mirrors = GitMirrors(tmp_path / "m", SystemClock())
        first = await mirrors.resolve(world.url, "HEAD")
        await mirrors.use("somebody", [world.url])
        watch = RepositoryWatch(mirrors, CONFIG, SystemClock(), told.put_nowait)
        await watch.start()
        looked = mirrors.exchanges
        while mirrors.exchanges < looked + 3:
            await asyncio.sleep(0.01)
        assert told.empty()
        world.commit({"a.yaml": config_map("b")})
        assert await asyncio.wait_for(told.get(), 10) == world.url
        assert await mirrors.resolve(world.url, "HEAD", max_age_s=1000) != first
        await watch.stop()

    asyncio.run(run())


def test_a_repository_that_is_gone_and_back_is_told_twice(tmp_path: Path) -> None:
    world, told = World(tmp_path), asyncio.Queue[str]()
    world.commit({"a.yaml": config_map("a")})
    folder = Path(world.url.removeprefix("file://"))

    async def run() -> None:
        mirrors = GitMirrors(tmp_path / "m", SystemClock())
        await mirrors.resolve(world.url, "HEAD")
        await mirrors.use("somebody", [world.url])
        watch = RepositoryWatch(mirrors, CONFIG, SystemClock(), told.put_nowait)
        await watch.start()
        folder.rename(tmp_path / "away")
        await asyncio.wait_for(told.get(), 10)
        (tmp_path / "away").rename(folder)
        await asyncio.wait_for(told.get(), 10)
        await watch.stop()

    asyncio.run(run())


def test_what_nobody_uses_is_left_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.commit({"a.yaml": config_map("a")})

    async def run() -> None:
        mirrors = GitMirrors(tmp_path / "m", SystemClock())
        await mirrors.resolve(world.url, "HEAD")
        assert mirrors.due(lambda url: 0.0) == []

    asyncio.run(run())
