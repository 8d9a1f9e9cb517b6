"""The judge: who is asked first, and what happens when one of them fails."""

import asyncio
from collections.abc import Iterator

import pytest

pytest.importorskip("lupa")

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.health.judge import Judge, watch_customizations
from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.kit.clock import SystemClock
from pilothouse.kit.errors import Invalid
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.controlplane import control_plane

ISSUER = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"uid": "u", "resourceVersion": "1"}}
KEY = "resource.customizations.health.cert-manager.io_Issuer"


@pytest.fixture
def worker() -> Iterator[LuaWorker]:
    worker = LuaWorker(SystemClock(), timeout_s=0.5)
    yield worker
    worker.close()


class Fixed:
    """A probe that knows one answer."""

    def __init__(self, answer: Health | Exception | None) -> None:
        self.answer = answer

    async def health_of(self, tree: Tree, client: Client | None = None) -> Health | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def ask(judge: Judge, tree: Tree) -> Health | None:
    return asyncio.run(judge.health_of(tree))


def test_without_scripts_the_own_rules_judge(worker: LuaWorker) -> None:
    judge = Judge(worker)
    assert ask(judge, ISSUER) == Health("Progressing", "Initializing issuer", "rules")
    assert ask(judge, {"apiVersion": "v1", "kind": "Service"}) == Health("Healthy")
    assert ask(judge, {"apiVersion": "v1", "kind": "ConfigMap"}) is None


def test_scripts_come_before_rules_and_probes_before_scripts(worker: LuaWorker) -> None:
    heard: list[str] = []
    judge = Judge(worker)
    judge.on_change(lambda: heard.append("changed"))
    judge.use(read_customizations({KEY: "return {status = 'Suspended', message = obj.metadata.resourceVersion}"}))
    assert heard == ["changed"]
    assert ask(judge, ISSUER) == Health("Suspended", "1", "lua")
    newer = {**ISSUER, "metadata": {"uid": "u", "resourceVersion": "2"}}
    assert ask(judge, newer) == Health("Suspended", "2", "lua")
    going = {**ISSUER, "metadata": {"deletionTimestamp": "now"}}
    assert ask(judge, going) == Health("Progressing", "Pending deletion")
    probed = Judge(worker, [Fixed(None), Fixed(Health("Healthy", "ready", "probe"))])
    assert ask(probed, ISSUER) == Health("Healthy", "ready", "probe")


def test_what_fails_is_passed_over_and_told(worker: LuaWorker) -> None:
    judge = Judge(worker, [Fixed(Invalid("the probe is down"))])
    judge.use(read_customizations({KEY: "error('no')", "resource.customizations.health.a.io_B": "while true do end"}))
    verdict = ask(judge, ISSUER)
    assert verdict is not None
    assert (verdict.status, verdict.source) == ("Progressing", "rules")
    assert verdict.warning.startswith("the probe is down; the script failed: ")
    unknown = ask(judge, {"apiVersion": "a.io/v1", "kind": "B"})
    assert unknown is not None
    assert unknown.status == "Unknown"
    assert "instructions" in unknown.warning


def test_an_application_is_probed_for_itself_alone(worker: LuaWorker) -> None:
    tree = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "status": {"health": {"status": "Progressing"}}}
    judge = Judge(worker, [Fixed(Health("Degraded", "no orders", "probe"))])
    assert asyncio.run(judge.health_of(tree, is_own=True)) == Health("Degraded", "no orders", "probe")
    assert ask(judge, tree) is None
    judge.use(read_customizations({"resource.customizations.health.argoproj.io_Application": "return obj.status.health"}))
    assert ask(judge, tree) == Health("Progressing", "", "lua")
    failing = asyncio.run(Judge(worker, [Fixed(Invalid("down"))]).health_of(tree, is_own=True))
    assert failing == Health("Unknown", warning="down")


def test_scripts_of_the_cluster(worker: LuaWorker) -> None:
    async def scenario() -> list[Health | None]:
        async with control_plane() as manager:
            judge, changed = Judge(worker), asyncio.Event()
            judge.on_change(changed.set)
            watch_customizations(manager, judge, "default")
            await manager.start()
            before = await judge.health_of(ISSUER)
            meta = {"name": "argocd-cm", "namespace": "default"}
            config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {KEY: "return {status = 'Healthy'}"}}
            await manager.client.create(CONFIG_MAP, config)
            await changed.wait()
            return [before, await judge.health_of(ISSUER)]

    before, after = asyncio.run(scenario())
    assert before == Health("Progressing", "Initializing issuer", "rules")
    assert after == Health("Healthy", "", "lua")
