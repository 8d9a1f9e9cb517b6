"""Built-in kinds in their canonical and in their defaulted form."""

from __future__ import annotations

import copy
from functools import cache

from pilothouse.api.defaults.kinds import apply_defaults
from pilothouse.api.meta import Tree, group_of
from pilothouse.api.schema.decode import DecodeError, decode
from pilothouse.api.schema.node import Schema
from pilothouse.api.scheme.table import Scheme

_MOVED_TO = {"extensions": ("apps", "networking.k8s.io", "policy")}


@cache
def builtin_kinds() -> Scheme:
    """Return the built-in kinds; they are read once, and never changed here."""
    return Scheme()


def schema_of(tree: Tree) -> Schema | None:
    """Return the schema of a built-in kind; a version that is no longer served reads like the one that is."""
    version, kind = str(tree.get("apiVersion", "")), str(tree.get("kind", ""))
    found = builtin_kinds().kind(version, kind)
    if found is None:
        groups = _MOVED_TO.get(group_of(version), (group_of(version),))
        served = (f"{group}/{number}".lstrip("/") for group in groups for number in ("v1", "v2", "v1beta1"))
        found = next((known for known in (builtin_kinds().kind(each, kind) for each in served) if known is not None), None)
    return None if found is None else found.schema


def canonical(tree: Tree) -> Tree:
    """Return an object as the server would write it: empty values gone, quantities and times in one form."""
    schema = schema_of(tree)
    if schema is None:
        return tree
    try:
        body, _ = decode(schema, tree)
    except (DecodeError, ValueError, TypeError, AttributeError):
        return tree
    return _without_nulls({**body, "apiVersion": tree["apiVersion"], "kind": tree["kind"]})


def _without_nulls(tree: Tree) -> Tree:
    def clean(value: object) -> object:
        if isinstance(value, dict):
            return {key: clean(child) for key, child in value.items() if child is not None}
        return [clean(item) for item in value] if isinstance(value, list) else value

    cleaned: Tree = clean(tree)  # type: ignore[assignment]
    return cleaned


def defaulted(tree: Tree) -> Tree:
    """Return an object with the defaults of its kind."""
    schema = schema_of(tree)
    if schema is None:
        return tree
    body = copy.deepcopy(tree)
    try:
        apply_defaults(_group(tree), str(tree["kind"]), body)
    except (KeyError, TypeError, AttributeError, ValueError):
        return tree
    return canonical(body)


def _group(tree: Tree) -> str:
    group = group_of(str(tree["apiVersion"]))
    if group == "extensions":
        return "networking.k8s.io" if tree["kind"] == "Ingress" else "apps"
    return group
