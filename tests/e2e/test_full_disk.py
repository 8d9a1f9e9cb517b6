"""A data directory on a disk that is full: reads go on, writes are refused in words, and taken again once there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from pilothouse.sdk.client import Client
from pilothouse.sdk.errors import ApiError
from pilothouse.sdk.kinds import CONFIG_MAP
from tests.e2e.victim import Victim
from tests.score.figures import note

SIZE = "8m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def create(client: Client, name: str, size: int = 20_000) -> None:
    tree = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": {"x": "x" * size},
    }
    await client.create(CONFIG_MAP, tree)


async def fill(client: Client) -> list[str]:
    """Create until there is no room, from four sides; return what was acknowledged."""
    kept: list[str] = []

    async def writer(side: int) -> None:
        for number in range(400):
            name = f"full-{side}-{number}"
            try:
                await create(client, name)
            except ApiError as error:
                assert error.code == 507, error
                assert "no room on the disk" in error.message
                return
            kept.append(name)
        raise AssertionError("the disk never filled up")

    async with asyncio.TaskGroup() as group:
        for side in range(4):
            group.create_task(writer(side))
    return kept


def run(story: Callable[[Victim], Awaitable[None]], disk: Path) -> None:
    """Tell a story, and leave nothing running."""

    async def told() -> None:
        victim = Victim(disk / "data")
        try:
            await story(victim)
        finally:
            await victim.kill()

    asyncio.run(told())


@pytest.mark.e2e
def test_a_full_disk_loses_nothing_and_heals_by_itself(small_disk: Path) -> None:
    async def story(victim: Victim) -> None:
        client = await victim.start()
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * (2 << 20))
        kept = await fill(client)
        assert len(kept) > 20
        await client.raw("GET", "/livez")
        found = {tree["metadata"]["name"] for tree in await client.list(CONFIG_MAP, "default")}
        assert set(kept) <= found, "reads go on, and everything acknowledged is there"
        with pytest.raises(ApiError, match="no room on the disk for more writes; free room; nothing else is needed"):
            await create(client, "one-more")
        ballast.unlink()
        await create(client, "again")
        await client.close()
        await victim.kill()
        client = await victim.start()
        found = {tree["metadata"]["name"] for tree in await client.list(CONFIG_MAP, "default")}
        assert {*kept, "again"} <= found and "one-more" not in found
        await client.close()
        note("full_disk_writes", len(kept))

    run(story, small_disk)


@pytest.mark.e2e
def test_a_start_without_room_says_so(small_disk: Path) -> None:
    async def story(victim: Victim) -> None:
        client = await victim.start()
        kept = await fill(client)
        await client.close()
        await victim.kill()
        rest = os.statvfs(small_disk)
        (small_disk / "ballast").write_bytes(b"x" * (rest.f_bavail * rest.f_frsize))
        command = victim.command()
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode != 0
        assert "no room on the disk" in done.stderr or "No space left" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        (small_disk / "ballast").unlink()
        client = await victim.start()
        assert set(kept) <= {tree["metadata"]["name"] for tree in await client.list(CONFIG_MAP, "default")}
        await client.close()

    run(story, small_disk)
