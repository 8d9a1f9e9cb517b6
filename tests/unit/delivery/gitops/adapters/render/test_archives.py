"""What is fetched of repositories: once for everybody, not again at once after a failure, and within a memory limit."""

import asyncio
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.render import archives
from pilothouse.delivery.gitops.adapters.render.archives import Archives, with_scheme
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.needs import ChartNeed
from pilothouse.delivery.gitops.errors import RepositoryUnavailable
from pilothouse.kit.clock import ManualClock
from tests.unit.delivery.charts.repository.served import archive, site

INDEX = b"apiVersion: v1\nentries:\n  web:\n"
INDEX += b"  - {name: web, version: 1.0.0, urls: [w-1.tgz]}\n  - {name: web, version: 1.1.0, urls: [w-2.tgz]}\n"


def test_one_index_serves_all(tmp_path: Path) -> None:
    async def run() -> None:
        clock = ManualClock()
        found = Archives(tmp_path, clock)
        with site() as served:
            served.files["/index.yaml"] = INDEX

            async def version(wanted: str, max_age_s: float = 60) -> str:
                return await found.chart_version(served.url, "web", wanted, Access(), max_age_s)

            assert await asyncio.gather(*(version("^1.0.0") for _ in range(20))) == ["1.1.0"] * 20
            assert await version("1.0.0") == "1.0.0" and len(served.asked) == 1
            await clock.advance(61)
            await version("*")
            await version("*", 0)
            assert len(served.asked) == 3

    asyncio.run(run())


def test_a_failure_is_remembered_for_a_moment(tmp_path: Path) -> None:
    async def run() -> None:
        clock = ManualClock()
        found = Archives(tmp_path, clock)
        with site() as served:
            for _ in range(3):
                with pytest.raises(RepositoryUnavailable):
                    await found.chart_version(served.url, "web", "*", Access(), 60)
            assert len(served.asked) == 1
            await clock.advance(11)
            served.files["/index.yaml"] = INDEX
            assert await found.chart_version(served.url, "web", "*", Access(), 60) == "1.1.0"

    asyncio.run(run())


def test_charts_are_kept_within_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_KEPT_BYTES", 200)

    async def run() -> None:
        found = Archives(tmp_path, ManualClock())
        with site() as served:
            served.files["/index.yaml"] = INDEX
            for number, version in ((1, "1.0.0"), (2, "1.1.0")):
                served.files[f"/w-{number}.tgz"] = archive("web", version, **{"values.yaml": f"x: {'y' * 150}\n"})
            needs = [ChartNeed(served.url, "web", version) for version in ("1.0.0", "1.1.0")]
            for need in needs:
                await found.bring(need, Access())
            assert found.kept(needs[0]) is None and "Chart.yaml" in (found.kept(needs[1]) or {})

    asyncio.run(run())


def test_addresses_without_a_scheme_are_registries() -> None:
    assert with_scheme("ghcr.io/org", Access()) == "oci://ghcr.io/org" and with_scheme("https://h", Access()) == "https://h"
