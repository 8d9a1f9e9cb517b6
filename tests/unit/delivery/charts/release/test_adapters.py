"""Releases in Secrets, waiting by watches, and taking fields over from an older helm."""

from __future__ import annotations

import asyncio
import os

import msgspec
import pytest

from pilothouse.delivery.charts.release.actions.bench import Bench, Options
from pilothouse.delivery.charts.release.actions.install import install
from pilothouse.delivery.charts.release.actions.upgrade import upgrade
from pilothouse.delivery.charts.release.adapters.guard import Guard, lease_name
from pilothouse.delivery.charts.release.adapters.store import ReleaseStore
from pilothouse.delivery.charts.release.engine.readiness import Readiness
from pilothouse.delivery.charts.release.errors import NotReady, ReleaseBusy
from pilothouse.delivery.charts.release.types import Release, ReleaseInfo
from pilothouse.kit.clock import Entropy
from pilothouse.sdk.kinds import CONFIG_MAP, LEASE, SECRET
from tests.unit.delivery.charts.release.charts import chart, on_bench, values

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "default"}}


def test_a_release_over_the_limit_of_a_secret_is_kept_in_parts() -> None:
    noise = os.urandom(1_200_000).hex()
    body = {"name": "templates/big", "data": noise}
    big = Release("big", "default", 1, ReleaseInfo(status="deployed"), {"metadata": {"name": "c"}, "templates": [body]})

    async def work(bench: Bench, said: list[str]) -> None:
        await bench.store.create(big)
        secrets = await bench.client.list(SECRET, "default")
        assert len(secrets) > 1
        assert (await bench.store.history("big"))[0].chart == big.chart
        huge = msgspec.structs.replace(big, version=2, manifest=noise, chart={})
        await bench.store.create(huge)
        assert (await bench.store.history("big"))[1].manifest == noise
        await bench.store.update(huge.with_info(status="failed"))
        assert [r.status for r in await bench.store.history("big")] == ["deployed", "failed"]
        for release in await bench.store.history("big"):
            await bench.store.delete(release)
        assert await bench.client.list(SECRET, "default") == []

    on_bench(work)


def test_releases_in_config_maps() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        store = ReleaseStore(bench.client, "default", bench.clock, CONFIG_MAP)
        body = {"name": "templates/big", "data": os.urandom(1_200_000).hex()}
        big = Release("big", "default", 1, ReleaseInfo(status="deployed"), {"metadata": {"name": "c"}, "templates": [body]})
        await store.create(big)
        found = await store.history("big")
        assert found[0].chart == big.chart
        await store.update(found[0].with_info(status="failed"))
        assert [r.status for r in await store.list_all()] == ["failed"]
        assert await bench.client.list(SECRET, "default") == []
        await store.delete(big)
        assert await bench.client.list(CONFIG_MAP, "default", labels="name=big") == []

    on_bench(work)


def test_a_secret_that_holds_no_release_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        meta = {"name": "sh.helm.release.v1.x.v1", "namespace": "default", "labels": {"owner": "helm", "name": "x"}}
        tree = {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "metadata": meta, "data": {"release": "bm8="}}
        await bench.client.create(SECRET, tree)
        assert await bench.store.history("x") == []
        assert "is passed over" in caplog.text

    on_bench(work)


def test_waiting_ends_with_the_event_and_names_what_is_late() -> None:
    def rule(tree: dict[str, object]) -> Readiness:
        return Readiness("Current" if tree.get("data") else "InProgress", "no data")

    async def work(bench: Bench, said: list[str]) -> None:
        await bench.client.create(CONFIG_MAP, MAP)
        with pytest.raises(NotReady, match=r"ConfigMap/default/m not ready\. status: InProgress, message: no data"):
            await bench.waiter.until_ready([MAP], rule, 0.05)
        waiting = asyncio.create_task(bench.waiter.until_ready([MAP], rule, 20))
        await bench.client.patch(CONFIG_MAP, "m", "default", {"data": {"a": "b"}})
        await waiting
        with pytest.raises(NotReady, match="still exists"):
            await bench.waiter.until_gone([MAP], 0.05)
        gone = asyncio.create_task(bench.waiter.until_gone([MAP], 20))
        await bench.client.delete(CONFIG_MAP, "m", "default")
        await gone

    on_bench(work)


def test_fields_of_an_older_helm_are_taken_over() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        release = await install(bench, "web", chart(), values(color="red"), Options())
        live = await bench.client.get(CONFIG_MAP, "web", "default")
        await bench.client.delete(CONFIG_MAP, "web", "default")
        meta = {key: live["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
        old = {**MAP, "metadata": meta, "data": {"color": "red", "revision": "1", "gone": "x"}}
        await bench.client.named("helm").create(CONFIG_MAP, old)
        await bench.client.named("someone").patch(CONFIG_MAP, "web", "default", {"data": {"theirs": "1"}})
        await bench.store.update(msgspec.structs.replace(release, apply_method=""))
        await upgrade(bench, "web", chart(), values(color="green"), Options())
        data = (await bench.client.get(CONFIG_MAP, "web", "default"))["data"]
        assert data == {"color": "green", "revision": "2", "theirs": "1"}

    on_bench(work)


def test_one_operation_at_a_time() -> None:
    async def work(bench: Bench, said: list[str]) -> None:
        first, second = (Guard(bench.client, "default", "web", bench.clock, Entropy(n)) for n in (1, 2))
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def long() -> str:
            begun.set()
            await go_on.wait()
            return "done"

        async def short() -> str:
            return "second"

        task = asyncio.create_task(first.holding(long, 5, said.append))
        await begun.wait()
        with pytest.raises(ReleaseBusy, match="is being worked on by pilothouse@"):
            await second.holding(short, 0.05, said.append)
        go_on.set()
        assert await task == "done"
        assert await second.holding(short, 5, said.append) == "second"
        assert [t for t in await bench.client.list(LEASE, "default") if t["metadata"]["name"] == lease_name("web")] == []

    on_bench(work)
