"""Syncs that are asked for: hooks, waves, selection, dry runs, pruning, retries, ends."""

import asyncio
from pathlib import Path

from pilothouse.delivery.gitops.controller import APPLICATION
from pilothouse.sdk.kinds import CONFIG_MAP
from tests.unit.delivery.gitops.applications.platform import config, platform


def test_hooks_and_waves_run_in_order_and_a_second_sync_changes_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(
                before=config("before", hook="PreSync", hook_delete_policy="HookSucceeded"), a=config("a"),
                b=config("b", sync_wave="1"), after=config("after", hook="PostSync"),
            )  # fmt: skip
            await on.application()
            await on.until(lambda s: (s.get("sync") or {}).get("status") == "OutOfSync")
            assert await on.configs() == set()
            await on.ask()
            state = await on.phase("Succeeded")
            order = [(entry["syncPhase"], entry["name"]) for entry in state["syncResult"]["resources"]]
            assert order == [("PreSync", "before"), ("Sync", "a"), ("Sync", "b"), ("PostSync", "after")]
            await on.until(lambda s: s["sync"]["status"] == "Synced" and s["health"]["status"] == "Healthy")
            assert await on.configs() == {"a", "b", "after"}
            versions = [(await on.live(name) or {})["metadata"]["resourceVersion"] for name in "ab"]
            await on.ask()
            status = await on.until(lambda s: s["operationState"]["startedAt"] >= state["finishedAt"])
            await on.phase("Succeeded")
            assert status["sync"]["status"] == "Synced"
            assert versions == [(await on.live(name) or {})["metadata"]["resourceVersion"] for name in "ab"]
            assert len(status["history"]) == 1

    asyncio.run(run())


def test_a_wave_waits_for_health_and_a_restart_goes_on(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"), b=config("b", sync_wave="1"))
            on.judge_again("a", "Progressing")
            await on.application()
            await on.ask()
            state = await on.phase("Running")
            await on.until(lambda s: "waiting for healthy state of /ConfigMap/a" in s["operationState"]["message"])
            assert await on.configs() == {"a"}
            await on.start()
            on.judge_again("a", "Healthy")
            await on.client.patch(CONFIG_MAP, "a", "default", {"metadata": {"labels": {"seen": "yes"}}})
            ended = await on.phase("Succeeded")
            assert ended["startedAt"] == state["startedAt"]
            assert await on.configs() == {"a", "b"}

    asyncio.run(run())


def test_selected_objects_and_dry_runs(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"), b=config("b"))
            await on.application()
            await on.ask(dryRun=True)
            await on.phase("Succeeded")
            assert await on.configs() == set()
            await on.ask(resources=[{"group": "", "kind": "ConfigMap", "name": "b"}])
            await on.until(lambda s: [r["name"] for r in s["resources"] if r["status"] == "Synced"] == ["b"])
            assert await on.configs() == {"b"}

    asyncio.run(run())


def test_pruning_is_asked_for_and_may_have_to_be_confirmed(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"), b=config("b"), c=config("c", sync_options="Prune=confirm"))
            await on.application()
            await on.ask()
            await on.phase("Succeeded")
            on.commit(b=None, c=None)
            await on.until(lambda s: sum(bool(r.get("requiresPruning")) for r in s["resources"]) == 2)
            await on.ask()
            await on.until(lambda s: any(r["status"] == "PruneSkipped" for r in s["operationState"]["syncResult"]["resources"]))
            assert await on.configs() == {"a", "b", "c"}
            await on.ask(prune=True)
            await on.until(lambda s: "pruning confirmation" in s["operationState"]["message"])
            stamp = {"argocd.argoproj.io/deletion-approved": "2099-01-01T00:00:00Z"}
            await on.client.patch(APPLICATION, "shop", "default", {"metadata": {"annotations": stamp}})
            await on.until(lambda s: len(s["resources"]) == 1)
            assert await on.configs() == {"a"}

    asyncio.run(run())


def test_a_failing_sync_is_tried_again_and_can_be_ended(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"), bad="apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: -1}]}\n")
            retry = {"limit": 2, "backoff": {"duration": "50ms", "factor": 1}}
            await on.application(syncPolicy={"retry": retry})
            await on.ask()
            status = await on.until(lambda s: (s.get("operationState") or {}).get("retryCount") == 2)
            state = await on.phase("Failed")
            assert "dry run" in state["message"]
            assert status["sync"]["status"] == "OutOfSync"
            on.commit(bad=None)
            on.judge_again("a", "Progressing")
            on.commit(z=config("z", hook="Sync"))
            on.judge_again("z", "Progressing")
            await on.ask()
            await on.until(lambda s: "completion of hook /ConfigMap/z" in s["operationState"]["message"])
            await on.client.patch(APPLICATION, "shop", "default", {"status": {"operationState": {"phase": "Terminating"}}})
            state = await on.phase("Failed")
            assert state["message"] == "Operation terminated"
            assert await on.live("z") is None

    asyncio.run(run())


def test_an_older_revision_is_brought_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            first = on.commit(a=config("a", "1"))
            await on.application()
            await on.ask()
            await on.phase("Succeeded")
            second = on.commit(a=config("a", "2"))
            await on.until(lambda s: s["sync"]["revision"] == second)
            await on.ask()
            await on.until(lambda s: len(s.get("history") or ()) == 2)
            await on.ask(revision=first)
            status = await on.until(lambda s: len(s["history"]) == 3)
            assert status["history"][-1]["revision"] == first
            assert (await on.live("a") or {})["data"] == {"a": "1"}

    asyncio.run(run())


DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.io}
spec:
  group: x.io
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
THING = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: first, namespace: made}\n"
MADE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: made}\n"


def test_a_definition_a_namespace_and_their_users_come_in_one_sync(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=THING, b=DEFINITION, c=MADE)
            await on.application()
            await on.ask()
            state = await on.phase("Succeeded")
            names = [entry["name"] for entry in state["syncResult"]["resources"]]
            assert names == ["made", "things.x.io", "first"]
            await on.until(lambda s: s["sync"]["status"] == "Synced")

    asyncio.run(run())


def test_hooks_without_a_name_are_named_and_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path) as on:
            on.commit(a=config("a"), check=config("check", hook="PreSync").replace("  name: check", "  generateName: check-"))
            await on.application()
            await on.ask()
            state = await on.phase("Succeeded")
            hook = next(entry for entry in state["syncResult"]["resources"] if entry.get("hookType") == "PreSync")
            assert hook["name"].startswith("check-")
            assert (hook["hookPhase"], hook["version"]) == ("Succeeded", "v1")

    asyncio.run(run())
