"""Lua's tables as lists and maps."""

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox
from pilothouse.delivery.gitops.adapters.lua.tables import plain

TREE = {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"replicas": 3, "empty": {}, "list": []}}


def test_empty_tables_are_what_they_were() -> None:
    sandbox = Sandbox()
    found = plain(sandbox, sandbox.run("obj.spec.more = {1, 2}; obj.spec.replicas = 4; return obj", TREE), TREE)
    assert found["spec"] == {"replicas": 4, "empty": {}, "list": [], "more": [1, 2]}


def test_entries_of_lists_are_known_by_name() -> None:
    sandbox = Sandbox()
    tree = {"containers": [{"name": "a", "env": []}, {"name": "b", "env": {}}]}
    script = "obj.containers[1] = {name = 'b', env = {}, more = 1.5}; obj.containers[2] = {name = 'a', env = {}}; return obj"
    found = plain(sandbox, sandbox.run(script, tree), tree)
    assert found == {"containers": [{"name": "b", "env": {}, "more": 1.5}, {"name": "a", "env": []}]}
    with pytest.raises(LuaError, match="no JSON"):
        plain(sandbox, sandbox.run("return {f = function() end}", tree))
