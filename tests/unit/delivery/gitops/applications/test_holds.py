"""What keeps syncs from starting: projects, windows, other Applications."""

import asyncio
from pathlib import Path

from pilothouse.delivery.gitops.adapters.projects import PROJECT
from tests.unit.delivery.gitops.applications.platform import config, platform

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


def test_an_application_waits_for_those_it_depends_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"))
            source = {"repoURL": f"file://{on.folder}", "path": "late", "targetRevision": "main"}
            (on.folder / "late").mkdir()
            (on.folder / "late" / "b.yaml").write_text(config("b"))
            on.commit()
            depends = [{"name": "shop"}, {"name": "shop", "readyExpr": "application.status.sync.status == 'Synced'"}]
            await on.application("late", source=source, syncPolicy=AUTOMATED, dependsOn=depends)
            await on.until(lambda s: "does not exist" in (s.get("operationState") or {}).get("message", ""), "late")
            on.judge_again("a", "Progressing")
            await on.application(syncPolicy=AUTOMATED)
            await on.until(lambda s: "it is Progressing" in s["operationState"]["message"], "late")
            assert await on.configs() == {"a"}
            on.judge_again("a", "Healthy")
            on.commit(a=config("a", "2"))
            await on.phase("Succeeded", "late")
            assert await on.configs() == {"a", "b"}

    asyncio.run(run())


def test_circles_are_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"))
            await on.application("one", dependsOn=[{"name": "two"}])
            await on.application("two", dependsOn=[{"name": "one"}])
            status = await on.until(lambda s: bool(s.get("conditions")), "two")
            assert status["conditions"][0]["type"] == "InvalidSpecError"
            assert "two -> one -> two" in status["conditions"][0]["message"]

    asyncio.run(run())


def test_a_closed_window_holds_a_sync_until_it_is_open(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"))
            window = {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"]}
            await on.project("held", syncWindows=[window])
            await on.application(project="held", syncPolicy=AUTOMATED)
            await on.until(lambda s: "sync window" in (s.get("operationState") or {}).get("message", ""))
            assert await on.configs() == set()
            await on.client.patch(PROJECT, "held", "default", {"spec": {"syncWindows": None}})
            await on.phase("Succeeded")

    asyncio.run(run())


def test_a_project_forbids_sources_and_kinds(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"))
            await on.application("lost", project="nowhere")
            status = await on.until(lambda s: bool(s.get("conditions")), "lost")
            assert "does not exist" in status["conditions"][0]["message"]
            await on.project("narrow", namespaceResourceBlacklist=[{"group": "", "kind": "ConfigMap"}])
            await on.application(project="narrow")
            await on.ask()
            state = await on.phase("Failed")
            assert "resource :ConfigMap is not permitted in project narrow" in state["message"]

    asyncio.run(run())


def test_ignored_differences_are_neither_shown_nor_synced(tmp_path: Path) -> None:
    from pilothouse.sdk.kinds import CONFIG_MAP

    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"))
            ignored = [{"group": "", "kind": "ConfigMap", "jqPathExpressions": [".data.a"]}]
            policy = {"syncOptions": ["RespectIgnoreDifferences=true"]}
            await on.application(ignoreDifferences=ignored, syncPolicy=policy)
            await on.ask()
            await on.phase("Succeeded")
            await on.client.patch(CONFIG_MAP, "a", "default", {"data": {"a": "changed"}})
            await on.ask()
            await on.until(lambda s: s["sync"]["status"] == "Synced" and s["operationState"]["phase"] == "Succeeded")
            assert (await on.live("a") or {})["data"] == {"a": "changed"}

    asyncio.run(run())


def test_a_comparison_without_the_server_finds_the_same(tmp_path: Path) -> None:
    from pilothouse.sdk.kinds import CONFIG_MAP

    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a", compare_options="ServerSideDiff=false"))
            await on.application()
            await on.ask()
            await on.phase("Succeeded")
            await on.until(lambda s: s["sync"]["status"] == "Synced")
            await on.client.patch(CONFIG_MAP, "a", "default", {"data": {"other": "x"}})
            await on.client.patch(CONFIG_MAP, "a", "default", {"metadata": {"labels": {"x": "y"}}})
            await on.until(lambda s: s["sync"]["status"] == "Synced")
            await on.client.patch(CONFIG_MAP, "a", "default", {"data": {"a": "changed"}})
            await on.until(lambda s: s["sync"]["status"] == "OutOfSync")

    asyncio.run(run())
