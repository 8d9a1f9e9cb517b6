"""Actions of live objects: the table's, argocd-cm's, and both."""

import asyncio
from collections.abc import Iterator

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.acting import Actions
from pilothouse.delivery.gitops.adapters.lua.customizations import read_customizations
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError
from pilothouse.delivery.gitops.adapters.lua.worker import LuaWorker
from pilothouse.delivery.gitops.engine.actions import ActionFailed, Offer, Outcome, Parameter
from pilothouse.kit.clock import SystemClock

TREE = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "w"}, "spec": {"replicas": 1, "more": {}}}
KEY = "resource.customizations.actions.apps_StatefulSet"
YAML = """
discovery.lua: |
  return {restart = {disabled = obj.spec.replicas == 0, displayName = "Again", params = {{name = "why", default = "x"}}}}
definitions:
- name: restart
  action.lua: obj.spec.why = actionParams["why"]; return obj
- name: copy
  action.lua: return {{operation = "create", resource = {kind = obj.kind, metadata = {name = "c"}}}}
- name: wrong
  action.lua: return {{operation = "destroy", resource = obj}}
"""


@pytest.fixture
def worker() -> Iterator[LuaWorker]:
    worker = LuaWorker(SystemClock(), timeout_s=5)
    yield worker
    worker.close()


def test_the_table_without_scripts(worker: LuaWorker) -> None:
    actions = Actions(worker, SystemClock())
    assert [offer.name for offer in asyncio.run(actions.offered(TREE))] == ["restart", "scale"]
    (outcome,) = asyncio.run(actions.perform(TREE, "scale", {"replicas": "3"}))
    assert outcome.tree["spec"]["replicas"] == 3


def test_scripts_take_the_place_of_the_table(worker: LuaWorker) -> None:
    actions = Actions(worker, SystemClock(), lambda: read_customizations({KEY: YAML}))
    assert asyncio.run(actions.offered(TREE)) == [Offer("restart", False, "Again", "", (Parameter("why", "x"),))]
    changed = {**TREE, "spec": {"replicas": 1, "more": {}, "why": "so"}}
    assert asyncio.run(actions.perform(TREE, "restart", {"why": "so"})) == [Outcome("patch", changed)]
    created = {"kind": "StatefulSet", "metadata": {"name": "c"}}
    assert asyncio.run(actions.perform(TREE, "copy", {})) == [Outcome("create", created)]
    for name, why in (("wrong", "create and patch"), ("scale", "no action 'scale'")):
        with pytest.raises(ActionFailed, match=why):
            asyncio.run(actions.perform(TREE, name, {}))


def test_both_when_merged(worker: LuaWorker) -> None:
    data = {KEY: YAML + "mergeBuiltinActions: true\n"}
    actions = Actions(worker, SystemClock(), lambda: read_customizations(data))
    offers = asyncio.run(actions.offered(TREE))
    assert [(offer.name, offer.display_name) for offer in offers] == [("restart", "Again"), ("scale", "")]
    assert asyncio.run(actions.perform(TREE, "scale", {"replicas": "2"}))[0].tree["spec"]["replicas"] == 2
    broken = Actions(worker, SystemClock(), lambda: read_customizations({KEY: "discovery.lua: error('no')"}))
    with pytest.raises(LuaError, match="failed"):
        asyncio.run(broken.offered(TREE))
