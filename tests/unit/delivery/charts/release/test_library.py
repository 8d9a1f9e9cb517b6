"""Releases for programs."""

import asyncio

from pilothouse.delivery.charts import Releases
from pilothouse.testing.controlplane import control_plane
from tests.unit.delivery.charts.release.charts import chart


def test_the_life_of_a_release() -> None:
    async def run() -> None:
        async with control_plane() as manager:
            releases = Releases(manager.client, "default")
            await releases.install("web", chart(), {"color": "red"}, description="by a program")
            await releases.install("other", chart())
            assert (await releases.upgrade("web", chart(), {"keep": 2})).version == 2
            assert (await releases.rollback("web")).info.rollback_revision == 1
            assert [(r.name, r.version) for r in await releases.list()] == [("other", 1), ("web", 3)]
            assert (await releases.history("web"))[0].info.description == "by a program"
            await releases.uninstall("web")
            assert await releases.history("web") == []

    asyncio.run(run())
