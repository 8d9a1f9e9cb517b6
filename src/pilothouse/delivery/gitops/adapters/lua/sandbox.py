"""One LuaJIT state, and scripts run in it: each with an environment of its own, a budget of instructions and a limit of memory.

The compiler is off, because a compiled loop never calls the hook that counts instructions. What a script can reach is copied into
its environment, with libraries that it cannot change; nothing there loads code, reads files, or leads back to the real globals.
A script that swallows the error of a spent budget meets it again at its next instruction. What it returns is copied without
asking its metatables.
"""

from __future__ import annotations

from typing import Any

from pilothouse.kit.errors import PilothouseError

MAX_MEMORY_BYTES = 32 * 2**20
MAX_INSTRUCTIONS = 1_000_000
_COMPILED = 1024

_PRELUDE = """
jit.off(true, true); jit.off()
local sethook, raise, setfenv, pcall, load, next, type = debug.sethook, error, setfenv, pcall, loadstring, next, type
local limit = ...
local function guard(library)
  local function refuse() raise("libraries cannot be changed", 2) end
  return setmetatable({}, {__index = library, __metatable = false, __newindex = refuse})
end
local function pick(library, ...)
  local found = {}
  for _, name in ipairs({...}) do found[name] = library[name] end
  return guard(found)
end
local of_strings = getmetatable("")
local text = pick(string, "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower",
  "match", "rep", "reverse", "sub", "upper")
of_strings.__index = text
of_strings.__metatable = false
local base = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall, rawequal = rawequal,
  rawget = rawget, select = select, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack,
  xpcall = xpcall, getmetatable = getmetatable, _VERSION = _VERSION, print = function() end,
  setmetatable = function(t, m)
    if type(m) == "table" and rawget(m, "__gc") then raise("__gc is not allowed", 2) end
    return setmetatable(t, m)
  end,
  string = text, math = guard(math),
  table = guard({concat = table.concat, insert = table.insert, maxn = table.maxn, remove = table.remove, sort = table.sort,
    getn = function(t) return #t end, unpack = unpack}),
  os = pick(os, "time", "date", "clock", "difftime"),
}
base.require = function(name)
  if name == "os" or name == "string" or name == "table" or name == "math" then return base[name] end
  raise("there is no module " .. tostring(name), 2)
end
local shared = guard(base)
local function stop()
  sethook(stop, "", 1)
  raise("the script used more than " .. limit .. " instructions", 0)
end
local function compile(source, name) return load(source, name) end
local function copy(value, depth)
  if type(value) ~= "table" then return value end
  if depth > 100 then raise("the script returned tables that are nested more than 100 deep", 0) end
  local found = {}
  for key, each in next, value do found[key] = copy(each, depth + 1) end
  return found
end
local function run(chunk, object, params)
  local env = setmetatable({obj = object, actionParams = params}, {__index = shared, __metatable = false})
  env._G = env
  setfenv(chunk, env)
  sethook(stop, "", limit)
  local ok, result = pcall(function() return copy(chunk(), 0) end)
  sethook()
  return ok, result
end
return compile, run, sethook
"""


class LuaError(PilothouseError):
    """A script could not be compiled, failed, or used up what it may use."""

    reason = "LuaScriptFailed"


class Sandbox:
    """Runs scripts; one state for many scripts, for one thread."""

    def __init__(self, *, max_instructions: int = MAX_INSTRUCTIONS, max_memory_bytes: int = MAX_MEMORY_BYTES) -> None:
        """Create the state; raises `LuaError` when lupa is not installed."""
        try:
            from lupa import luajit21
        except ImportError as error:
            raise LuaError("Lua scripts need LuaJIT", fix="pip install 'pilothouse[gitops]'") from error
        self._lua = luajit21
        self._limits = (max_instructions, max_memory_bytes)
        self._start()

    def _start(self) -> None:
        instructions, memory = self._limits
        runtime = self._lua.LuaRuntime(
            register_eval=False, register_builtins=False, unpack_returned_tuples=True, max_memory=memory
        )
        self._runtime = runtime
        self._compile, self._run, self._unhook = runtime.execute(_PRELUDE, instructions)
        self._chunks: dict[str, Any] = {}

    def run(self, script: str, tree: Any, params: dict[str, str] | None = None) -> Any:
        """Run a script on an object and return what it returns; tables stay Lua's (`plain` makes them Python's)."""
        try:
            chunk = self._chunk(script)
            object_table = self._runtime.table_from(tree, recursive=True)  # a null becomes nil, which is absent
            values = self._runtime.table_from(params) if params is not None else None
            ok, result = self._run(chunk, object_table, values)
        except self._lua.LuaMemoryError as error:
            self._start()
            raise LuaError(f"the script used more than {self._limits[1] // 2**20} MB") from error
        except (self._lua.LuaError, UnicodeError, OverflowError, RecursionError, TypeError) as error:
            self._unhook()
            raise LuaError(f"the script could not be run: {_first_line(error)}") from error
        if not ok:
            raise LuaError(f"the script failed: {_first_line(result)}")
        return result

    def _chunk(self, script: str) -> Any:
        chunk = self._chunks.get(script)
        if chunk is None:
            if script.startswith("\x1b"):
                raise LuaError("the script is bytecode, which is not accepted")
            compiled = self._compile(script, "=script")
            chunk, problem = compiled if isinstance(compiled, tuple) else (compiled, None)
            if chunk is None:
                raise LuaError(f"the script cannot be compiled: {_first_line(problem)}")
            if len(self._chunks) >= _COMPILED:
                self._chunks.clear()
            self._chunks[script] = chunk
        return chunk

    def is_table(self, value: Any) -> bool:
        """Whether a value is a table of Lua."""
        return bool(self._lua.lua_type(value) == "table")


def _first_line(problem: object) -> str:
    lines = str(problem).splitlines()
    return lines[0][:500] if lines else "no message"
