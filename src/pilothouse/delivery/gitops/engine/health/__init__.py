"""Health of an object: the deletion rule, then the rule table of custom resources, then the built-in rules.

Pure and complete for any JSON object: whatever is in the fields, there is a verdict, and None only for a kind that nobody
judges, which then does not hold anything back. `adapters.health.judge` asks probes and Lua scripts first.
"""

from __future__ import annotations

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health import builtin
from pilothouse.delivery.gitops.engine.health.rules import custom_rule
from pilothouse.delivery.gitops.engine.health.rules.language import Rule
from pilothouse.delivery.gitops.engine.health.verdict import (
    BUILT_IN,
    DEGRADED,
    HEALTHY,
    LUA,
    MISSING,
    PROBE,
    PROGRESSING,
    RULES,
    STATUSES,
    SUSPENDED,
    UNKNOWN,
    Health,
    worst,
)

__all__ = [
    "BUILT_IN", "DEGRADED", "HEALTHY", "LUA", "MISSING", "PROBE", "PROGRESSING", "RULES", "STATUSES", "SUSPENDED", "UNKNOWN",
    "Health", "builtin_health", "custom_health", "deletion_health", "health_of", "kind_of", "own_health", "worst",
]  # fmt: skip
HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"


def health_of(tree: Tree) -> Health | None:
    """Return the verdict on an object, None when its kind has no rule."""
    return deletion_health(tree) or own_health(tree)


def own_health(tree: Tree) -> Health | None:
    """Return the verdict of the project's own rules on an object that may be about to go."""
    verdict = custom_health(tree)
    return builtin_health(tree) if verdict is None else verdict


def builtin_health(tree: Tree) -> Health | None:
    """Return what the built-in rules say, None when the kind has none."""
    group, version, kind = kind_of(tree)
    return _guarded(lambda each: builtin.judge(each, group, version, kind), tree)


def kind_of(tree: Tree) -> tuple[str, str, str]:
    """Return group, version and kind of an object."""
    api_version, kind = tree.get("apiVersion"), tree.get("kind")
    group, _, version = api_version.rpartition("/") if isinstance(api_version, str) else ("", "", "")
    return group, version, kind if isinstance(kind, str) else ""


def deletion_health(tree: Tree) -> Health | None:
    """Return the verdict on an object that is being deleted; a hook that Argo CD itself holds is judged as usual."""
    meta = tree.get("metadata")
    if not isinstance(meta, dict) or not meta.get("deletionTimestamp"):
        return None
    finalizers = meta.get("finalizers")
    held = isinstance(finalizers, list) and HOOK_FINALIZER in finalizers
    return None if held else Health(PROGRESSING, "Pending deletion")


def custom_health(tree: Tree) -> Health | None:
    """Return what the rule table of custom resources says, None when the kind is not in it."""
    group, _, kind = kind_of(tree)
    rule = custom_rule(group, kind)
    return None if rule is None else _guarded(rule, tree)


def _guarded(rule: Rule, tree: Tree) -> Health | None:
    """Judge; a field of a type that the kind does not allow makes the state unknown."""
    try:
        return rule(tree)
    except (TypeError, AttributeError, KeyError, ValueError, IndexError, OverflowError, RecursionError) as error:
        return Health(UNKNOWN, f"the object has a field that its kind does not allow: {error}")
