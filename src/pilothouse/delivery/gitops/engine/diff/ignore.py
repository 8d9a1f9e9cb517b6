"""Rules that say what is not compared: JSON pointers, jq path expressions, managers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, group_of, name_of, namespace_of
from pilothouse.delivery.gitops.engine.diff.jqpaths import delete_path, plain_path
from pilothouse.delivery.gitops.engine.projects.globs import matches

RunJq = Callable[[str, Tree], Tree]
"""Runs a jq program on an object; raises `IgnoreRuleFailed`."""


class IgnoreRule(msgspec.Struct, frozen=True):
    """What is not compared of the objects it is about."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    pointers: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()

    def is_about(self, tree: Tree) -> bool:
        """Whether the rule is for an object."""
        return (
            matches(self.group, group_of(str(tree.get("apiVersion", ""))))
            and matches(self.kind, str(tree.get("kind", "")))
            and self.name in {"", name_of(tree)}
            and self.namespace in {"", namespace_of(tree)}
        )


def _rule(given: dict[str, Any], group: str, kind: str) -> IgnoreRule:
    return IgnoreRule(
        group, kind, str(given.get("name") or ""), str(given.get("namespace") or ""), tuple(given.get("jsonPointers") or ()),
        tuple(given.get("jqPathExpressions") or ()), tuple(given.get("managedFieldsManagers") or ()),
    )  # fmt: skip


def read_rules(given: list[dict[str, Any]], overrides: dict[str, dict[str, Any]] | None = None) -> list[IgnoreRule]:
    """Return the rules of an Application (`ignoreDifferences`) and those of the whole system, by `group/Kind`."""
    rules = [_rule(entry, str(entry.get("group") or ""), str(entry.get("kind") or "")) for entry in given]
    for key, entry in (overrides or {}).items():
        group, _, kind = key.rpartition("/")
        rules.append(_rule(entry, "*" if key in {"*", "all", "*/*"} else group, "*" if key in {"*", "all", "*/*"} else kind))
    return rules


def normalize(tree: Tree, rules: list[IgnoreRule], run_jq: RunJq) -> Tree:
    """Return an object without what the rules ignore; managers are looked at elsewhere, with both sides at hand."""
    active = [rule for rule in rules if (rule.pointers or rule.expressions) and rule.is_about(tree)]
    if not active:
        return tree
    body = copy.deepcopy(tree)
    for rule in active:
        for pointer in rule.pointers:
            delete_path(body, _steps(body, pointer))
        for expression in rule.expressions:
            path = plain_path(expression)
            if path is not None:
                delete_path(body, path)
            else:
                body = run_jq(f"delpaths([path({expression})])", body)
    return body


def _steps(tree: Any, pointer: str) -> list[str | int | None]:
    """Return the steps of a JSON pointer; numbers are places where the object has a list."""
    steps: list[str | int | None] = []
    value = tree
    for part in pointer.lstrip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        step: str | int = int(name) if isinstance(value, list) and name.isdigit() else name
        steps.append(step)
        if isinstance(value, list):
            value = value[step] if isinstance(step, int) and step < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return steps


def trusted_managers(tree: Tree, rules: list[IgnoreRule]) -> list[str]:
    """Return the managers whose fields are not compared in an object."""
    return [manager for rule in rules if rule.managers and rule.is_about(tree) for manager in rule.managers]


def with_live_values(target: Tree, live: Tree, rules: list[IgnoreRule]) -> Tree:
    """Return a wanted object in which ignored fields have their live values, so that a sync leaves them as they are."""
    body = copy.deepcopy(target)
    for rule in rules:
        if not rule.is_about(target):
            continue
        paths = [_steps(live, pointer) for pointer in rule.pointers]
        paths += [path for path in map(plain_path, rule.expressions) if path is not None]
        for path in paths:
            if None not in path:
                _take_over(body, live, path)
    return body


def _take_over(body: Any, live: Any, path: list[str | int | None]) -> None:
    """Set the value at a path to the live one, or remove it where there is none."""
    for step in path[:-1]:
        try:
            live = live[step]
        except (KeyError, IndexError, TypeError):
            delete_path(body, path)
            return
        if isinstance(body, dict) and isinstance(step, str):
            body = body.setdefault(step, [] if isinstance(live, list) else {})
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            body = body[step]
        else:
            return
    last = path[-1]
    is_there = isinstance(live, dict) and last in live
    if is_there and isinstance(body, dict):
        body[str(last)] = copy.deepcopy(live[last])
    elif isinstance(live, list) and isinstance(body, list) and isinstance(last, int) and last < min(len(live), len(body)):
        body[last] = copy.deepcopy(live[last])
    else:
        delete_path(body, [last])
