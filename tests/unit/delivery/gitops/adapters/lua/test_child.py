"""What the process of scripts does with a request."""

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.lua.child import answer, results
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox

TREE = {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"replicas": 3, "empty": {}, "list": []}}


def test_actions() -> None:
    sandbox = Sandbox()
    script = "obj.spec.replicas = tonumber(actionParams['replicas']); return obj"
    assert results(sandbox, script, TREE, {"replicas": "7"})["spec"]["replicas"] == 7
    create = "return {{operation = 'create', resource = {kind = 'Job', metadata = {name = obj.metadata.name .. '-1'}}}}"
    assert results(sandbox, create, TREE, {}) == [
        {"operation": "create", "resource": {"kind": "Job", "metadata": {"name": "w-1"}}}
    ]
    with pytest.raises(LuaError, match="returns the object"):
        results(sandbox, "return 1", TREE, {})


def test_requests() -> None:
    sandbox = Sandbox()
    assert answer(sandbox, {"do": "health", "script": "return {status = 'Healthy'}", "tree": TREE}) == ["Healthy", ""]
    assert answer(sandbox, {"do": "discover", "script": "return {go = {disabled = false}}", "tree": TREE}) == {
        "go": {"disabled": False}
    }
