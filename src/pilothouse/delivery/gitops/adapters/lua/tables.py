"""Lua's tables as Python's lists and dicts, helped by the object they came from.

Lua has one kind of table: an empty one may be a list or a map, and whole numbers may have become floats. What stood at the same
place in the source object tells; without it a table of 1..n is a list and an empty one a map.
"""

from __future__ import annotations

from typing import Any

from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox

MAX_DEPTH = 100


def plain(sandbox: Sandbox, value: Any, source: Any = None, depth: int = 0) -> Any:
    """Return a value of Lua as JSON has it; raises `LuaError` for functions and for tables in circles."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, str | bool | int):
        return value
    if not sandbox.is_table(value):
        raise LuaError(f"the script returned a value that is no JSON: {str(value)[:100]}")
    if depth > MAX_DEPTH:
        raise LuaError(f"the script returned tables that are nested more than {MAX_DEPTH} deep")
    keys = list(value.keys())
    if not keys:
        return [] if isinstance(source, list) else {}
    if all(isinstance(key, int | float) for key in keys) and sorted(keys) == list(range(1, len(keys) + 1)):
        known = source if isinstance(source, list) else []
        return [
            plain(sandbox, value[index + 1], _same(known, index, value[index + 1], sandbox), depth + 1)
            for index in range(len(keys))
        ]
    sources = source if isinstance(source, dict) else {}
    return {_key(key): plain(sandbox, each, sources.get(_key(key)), depth + 1) for key, each in value.items()}


def _key(key: Any) -> str:
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _same(known: list[Any], index: int, value: Any, sandbox: Sandbox) -> Any:
    """Return the entry of the source list that an entry came from: the one of its name, or at its place."""
    if sandbox.is_table(value) and known and isinstance(known[0], dict):
        name = value["name"]
        named = next((each for each in known if isinstance(each, dict) and name and each.get("name") == name), None)
        if named is not None:
            return named
    return known[index] if index < len(known) else None
