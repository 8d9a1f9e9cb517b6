"""`spec.dependsOn`: which Applications have to be ready before one is synced. An extension of this platform.

An entry names an Application and what is asked of it: `health` (Healthy unless stated), `sync` (Synced unless stated), or a CEL
expression `readyExpr` over `application` in their place. Nothing here waits: a change of the other Application asks again.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.cel import DYN, CompileError, Environment, WrongResult
from pilothouse.api.meta import Tree

COST_LIMIT = 100_000
Lookup = Callable[[str, str], Tree | None]


def dependencies_of(tree: Tree) -> list[Tree]:
    """Return the entries of dependsOn."""
    return [entry for entry in (tree.get("spec") or {}).get("dependsOn") or () if isinstance(entry, dict) and entry.get("name")]


def key_of(entry: Tree, namespace: str) -> tuple[str, str]:
    """Return namespace and name of the Application an entry names; its own namespace unless stated."""
    return str(entry.get("namespace") or namespace), str(entry["name"])


def cycle(start: tuple[str, str], lookup: Lookup) -> list[str]:
    """Return the names along a circle of dependencies that an Application is part of, nothing without one."""
    trail: list[tuple[str, str]] = []

    def visit(key: tuple[str, str], seen: set[tuple[str, str]]) -> bool:
        trail.append(key)
        tree = lookup(*key)
        for entry in dependencies_of(tree or {}):
            below = key_of(entry, key[0])
            if below == start:
                return True
            if below not in seen:
                seen.add(below)
                if visit(below, seen):
                    return True
        trail.pop()
        return False

    return [name for _, name in trail] + [start[1]] if visit(start, set()) else []


def waiting_for(tree: Tree, namespace: str, lookup: Lookup) -> str:
    """Return what an Application waits for, empty when its dependencies are ready."""
    reasons = (_reason(entry, lookup(*key_of(entry, namespace))) for entry in dependencies_of(tree))
    return next((reason for reason in reasons if reason), "")


def _reason(entry: Tree, other: Tree | None) -> str:
    name = entry["name"]
    if other is None:
        return f"waiting for application {name}, which does not exist"
    if entry.get("readyExpr"):
        return _expression_reason(str(entry["readyExpr"]), name, other)
    status = other.get("status") or {}
    for member, wanted in (("health", entry.get("health") or "Healthy"), ("sync", entry.get("sync") or "Synced")):
        found = (status.get(member) or {}).get("status") or "Unknown"
        if found != wanted:
            return f"waiting for application {name} to be {wanted}; it is {found}"
    return ""


def _expression_reason(expression: str, name: str, other: Tree) -> str:
    try:
        program = Environment({"application": DYN}).compile(expression, None)
    except (CompileError, WrongResult) as error:
        return f"readyExpr of dependency {name} cannot be read: {error}"
    outcome = program.evaluate({"application": other}, COST_LIMIT)
    if outcome.error:
        return f"readyExpr of dependency {name} fails: {outcome.error}"
    return "" if outcome.value is True else f"waiting for application {name}: {expression}"


__all__ = ["cycle", "dependencies_of", "key_of", "waiting_for"]
