"""The end of an Application: hooks before and after, what it owns in between, and what is kept."""

import asyncio
from pathlib import Path

from pilothouse.delivery.gitops.controller import APPLICATION
from tests.unit.delivery.gitops.applications.platform import config, platform


def test_hooks_run_around_the_removal_of_what_is_owned(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(
                a=config("a"), kept=config("kept", sync_options="Delete=false"), pre=config("pre", hook="PreDelete"),
                post=config("post", hook="PostDelete"),
            )  # fmt: skip
            await on.application(metadata={"finalizers": ["resources-finalizer.argocd.argoproj.io/background"]})
            await on.ask()
            await on.phase("Succeeded")
            assert await on.configs() == {"a", "kept"}
            await on.client.delete(APPLICATION, "shop", "default")
            async with asyncio.timeout(10):
                while await on.client.list(APPLICATION, "default"):
                    await asyncio.sleep(0.02)
            assert await on.configs() == {"kept", "post"}

    asyncio.run(run())


def test_a_removal_that_has_to_be_confirmed_waits(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a", sync_options="Delete=confirm"))
            await on.application(metadata={"finalizers": ["resources-finalizer.argocd.argoproj.io"]})
            await on.ask()
            await on.phase("Succeeded")
            await on.client.delete(APPLICATION, "shop", "default")
            await on.until(lambda s: "confirmation" in str(s.get("conditions")))
            assert await on.configs() == {"a"}
            stamp = {"argocd.argoproj.io/deletion-approved": "2099-01-01T00:00:00Z"}
            await on.client.patch(APPLICATION, "shop", "default", {"metadata": {"annotations": stamp}})
            async with asyncio.timeout(10):
                while await on.client.list(APPLICATION, "default") or await on.configs():
                    await asyncio.sleep(0.02)

    asyncio.run(run())
