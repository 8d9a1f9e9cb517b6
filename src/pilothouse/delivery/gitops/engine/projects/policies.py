"""Roles of a project and the lines of their policies."""

from __future__ import annotations

import re

_ROLE = re.compile(r"[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?")
_ACTIONS = frozenset(("get", "create", "update", "delete", "sync", "override", "*"))
_NESTED_ACTION = re.compile(r"(?:action|update|delete)/.+", re.DOTALL)
_RESOURCES = ("applications", "applicationsets", "repositories", "clusters", "logs", "exec")
_CONTROL = re.compile(r"[\n\r\t]")


def role_name_problem(name: str) -> str:
    """Return what is wrong with the name of a role."""
    return "" if _ROLE.fullmatch(name) else f"invalid role name '{name}': letters, digits, '-' and '_', not at the ends"


def group_problem(group: str) -> str:
    """Return what is wrong with the name of a group; one with a comma has to be in double quotes."""
    name = group.strip()
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    inner = name[1:-1] if is_quoted else name
    if not inner.strip():
        return "group name is empty"
    if _CONTROL.search(group) or '"' in inner:
        return f"group name '{group}' has characters that are not allowed"
    return f"group name '{group}' has a comma and is not quoted" if "," in inner and not is_quoted else ""


def is_valid_action(action: str) -> bool:
    """Whether a policy may name the action."""
    return action in _ACTIONS or _NESTED_ACTION.fullmatch(action) is not None


def is_valid_object(project: str, target: str) -> bool:
    """Whether a policy of the project may name the object: `project/application` or `project/namespace/application`."""
    return re.fullmatch(rf"{re.escape(project)}/[*\w.-]+(/[*\w.-]+)?", target, re.ASCII) is not None


def policy_problem(project: str, role: str, policy: str) -> str:
    """Return what is wrong with a line of a role's policy."""
    parts = [part.strip() for part in policy.split(",")]
    if len(parts) != 6 or parts[0] != "p":
        return f"invalid policy rule '{policy}': must be of the form: 'p, sub, res, act, obj, eft'"
    _, subject, resource, action, target, effect = parts
    wanted = f"proj:{project}:{role}"
    checks = (
        (subject == wanted, f"policy subject must be: '{wanted}', not '{subject}'"),
        (resource in _RESOURCES, f"project resource must be: {', '.join(map(repr, _RESOURCES))}, not '{resource}'"),
        (is_valid_action(action), f"invalid action '{action}'"),
        (is_valid_object(project, target), f"object must be of form '{project}/*', '{project}[/<NAMESPACE>]/<APPNAME>'"),
        (effect in {"allow", "deny"}, "effect must be: 'allow' or 'deny'"),
    )
    return next((f"invalid policy rule '{policy}': {problem}" for holds, problem in checks if not holds), "")
