"""Scripts in the sandbox: what they can do, what they cannot, and that none of them harms the next."""

import pytest

pytest.importorskip("lupa")

from pilothouse.delivery.gitops.adapters.lua.checks import INVALID, script_health
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox
from pilothouse.delivery.gitops.engine.health import Health

READY = """
hs = { status = "Progressing", message = "waiting" }
if obj.status ~= nil then
  for i, condition in ipairs(obj.status.conditions or {}) do
    if condition.status ~= "True" then goto continue end
    if condition.type == "Ready" then hs.status = "Healthy"; hs.message = condition.message end
    ::continue::
  end
end
return hs
"""
TREE = {"kind": "Widget", "metadata": {"name": "w"}, "spec": {"replicas": 3, "empty": {}, "list": []}}


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_a_health_script(sandbox: Sandbox) -> None:
    assert script_health(sandbox, READY, TREE) == Health("Progressing", "waiting", "lua")
    conditions = [{"type": "Synced", "status": "False"}, {"type": "Ready", "status": "True", "message": "fine", "x": None}]
    assert script_health(sandbox, READY, {**TREE, "status": {"conditions": conditions}}) == Health("Healthy", "fine", "lua")


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("return nil", None),
        ("return {}", None),
        ("return {status = 'Fine'}", Health("Unknown", INVALID, "lua")),
        ("return {status = 'Healthy', message = obj.spec.replicas}", Health("Healthy", "3", "lua")),
        ("return {status = 'Healthy', message = tostring(obj.spec.nothing)}", Health("Healthy", "nil", "lua")),
        ("local os = require('os'); return {status = 'Healthy', message = os.date('!%Y', 0)}", Health("Healthy", "1970", "lua")),
        ("return {status = 'Healthy', message = ('a'):rep(2) .. table.getn({1, 2})}", Health("Healthy", "aa2", "lua")),
    ],
)
def test_what_scripts_may_return(sandbox: Sandbox, script: str, verdict: Health | None) -> None:
    assert script_health(sandbox, script, TREE) == verdict


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("while true do end", "1000000 instructions"),
        ("while true do pcall(function() while true do end end) end", "1000000 instructions"),
        ("local function f() return f() end f()", "1000000 instructions"),
        ("local s = 'x' while true do s = s .. s end", "memory"),
        ("return string.rep('x', 1e9)", "memory"),
        ("io.open('/etc/passwd')", "io"),
        ("os.execute('true')", "execute"),
        ("return loadstring('return 1')()", "loadstring"),
        ("require('ffi')", "no module ffi"),
        ("string.find = nil", "cannot be changed"),
        ("getmetatable('').__index.find = nil", "boolean"),
        ("debug.sethook()", "debug"),
        ("python.eval('1')", "python"),
        ("error({})", "failed"),
        ("x = ", "cannot be compiled"),
        ("\x1bLJ", "bytecode"),
        ("return 5", "returns a table"),
        ("local t = {} t.t = t return t", "nested"),
    ],
)
def test_what_scripts_may_not(sandbox: Sandbox, script: str, why: str) -> None:
    with pytest.raises(LuaError, match=why):
        script_health(sandbox, script, TREE)
    assert script_health(sandbox, READY, TREE) == Health("Progressing", "waiting", "lua")


def test_globals_and_metatables_do_not_reach_the_next_script(sandbox: Sandbox) -> None:
    script_health(sandbox, "type = nil; string = 1; _G.tostring = nil; obj = nil; return {}", TREE)
    assert script_health(sandbox, "return {status = 'Healthy', message = type(tostring)}", TREE) == Health(
        "Healthy", "function", "lua"
    )
    sandbox.run("return setmetatable({}, {__index = function() while true do end end})", TREE)
