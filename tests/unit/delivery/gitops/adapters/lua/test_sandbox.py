"""One state for many scripts: budgets, memory, and what is kept between them."""

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox


def test_budgets_are_for_each_script() -> None:
    sandbox = Sandbox(max_instructions=10_000, max_memory_bytes=8 << 20)
    for _ in range(3):
        with pytest.raises(LuaError, match="10000 instructions"):
            sandbox.run("while true do end", {})
        with pytest.raises(LuaError, match="memory"):
            sandbox.run("return string.rep('x', 9 * 2^20)", {})
        assert sandbox.run("local n = 0; for i = 1, 100 do n = n + i end; return n", {}) == 5050


def test_nulls_are_absent_and_objects_stay_as_they_are() -> None:
    sandbox, tree = Sandbox(), {"a": None, "b": [{"c": None, "d": 1}, None]}
    assert sandbox.run("return tostring(obj.a) .. tostring(obj.b[1].c) .. obj.b[1].d", tree) == "nilnil1"
    assert tree == {"a": None, "b": [{"c": None, "d": 1}, None]}
    with pytest.raises(LuaError, match="could not be run"):
        sandbox.run("return 1", {"a": 10**400})
