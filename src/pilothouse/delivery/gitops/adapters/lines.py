"""`pilothouse app health --stdin`: one object of JSON in, one verdict out, for every line and in the same order.

The pipeline is that of the controller without probes: deletion, scripts of a folder if one is given, the rule table, the built-in
rules. Scripts run in this process, within their budgets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.adapters.lua.scripts import Scripts
from pilothouse.delivery.gitops.engine.health import UNKNOWN, Health, deletion_health, health_of, kind_of, own_health

_NONE = b'{"status":"","message":""}\n'


def judge_lines(lines: Iterable[bytes], scripts: Scripts | None = None) -> Iterator[bytes]:
    """Answer each line with `{"status": ..., "message": ...}`, also one that is no object."""
    judge = _judge_with(scripts) if scripts else _own
    for line in lines:
        try:
            tree = _read(line)
        except ValueError as error:
            yield _shown(Health(UNKNOWN, f"not a readable object: {error}"))
            continue
        yield _shown(judge(tree))


def _own(tree: Tree) -> Health | None:
    return health_of(tree)


def _judge_with(scripts: Scripts) -> Any:
    """Return what judges with scripts: one that fails makes the state unknown and tells why."""
    from pilothouse.delivery.gitops.adapters.lua.checks import script_health
    from pilothouse.delivery.gitops.adapters.lua.sandbox import LuaError, Sandbox

    sandbox = Sandbox()

    def judge(tree: Tree) -> Health | None:
        going = deletion_health(tree)
        if going is not None:
            return going
        group, _, kind = kind_of(tree)
        found = scripts.of(group, kind, "health")
        if found is None:
            return own_health(tree)
        try:
            return script_health(sandbox, found.health, tree)
        except LuaError as error:
            return Health(UNKNOWN, error.message)

    return judge


def _read(line: bytes) -> Tree:
    """Return the object on a line; raises `ValueError`."""
    try:
        tree = orjson.loads(line)
    except ValueError:
        try:
            tree = json.loads(line)  # numbers beyond 64 bits
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("kind"), str) or not tree["kind"]:
        raise ValueError("the line is not an object with a kind")
    return tree


def _shown(verdict: Health | None) -> bytes:
    if verdict is None:
        return _NONE
    answer = {"status": verdict.status, "message": verdict.message}
    try:
        return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return json.dumps(answer).encode() + b"\n"  # text that is no UTF-8
