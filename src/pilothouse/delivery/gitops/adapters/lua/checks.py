"""A health script on an object: what it must return, and what its answer means."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox
from pilothouse.delivery.gitops.engine.health import LUA, STATUSES, UNKNOWN, Health

INVALID = "Lua returned an invalid health status"


def script_health(sandbox: Sandbox, script: str, tree: Tree) -> Health | None:
    """Return the verdict of a script, None when it has none; raises `LuaError` when it fails."""
    result = sandbox.run(script, tree)
    if result is None:
        return None
    if isinstance(result, tuple):
        result = result[0]
    if not sandbox.is_table(result):
        raise LuaError(f"a health script returns a table, not {type(result).__name__}")
    status, message = result["status"], result["message"]
    if message is None:
        message = result["deletionMessage"]
    if status is None and message is None:
        return None
    if not isinstance(status, str) or status not in STATUSES:
        return Health(UNKNOWN, INVALID, LUA)
    return Health(status, _text(message), LUA)


def _text(message: Any) -> str:
    if isinstance(message, float) and message.is_integer():
        return str(int(message))
    return "" if message is None else str(message)
