"""What is wrong with an AppProject."""

from __future__ import annotations

import re
from typing import Any

from pilothouse.delivery.gitops.engine.projects.globs import is_valid
from pilothouse.delivery.gitops.engine.projects.policies import group_problem, policy_problem, role_name_problem
from pilothouse.delivery.gitops.engine.projects.windows import windows_problem

Spec = dict[str, Any]
_ACCOUNT = re.compile(r"[^!*\[\]{}\\/\s]+")


def project_problems(name: str, spec: Spec) -> list[str]:
    """Return everything that is wrong with a project."""
    found = [*_destinations(spec), *_lists(spec), *_roles(name, spec), *_accounts(spec)]
    window = windows_problem(spec.get("syncWindows") or [])
    return [*found, window] if window else found


def _destinations(spec: Spec) -> list[str]:
    found, seen = [], set()
    for entry in spec.get("destinations") or []:
        for field in ("name", "server", "namespace"):
            if entry.get(field) == "!*":
                found.append(f"{field} has an invalid format, '!*'")
        key = tuple(str(entry.get(field) or "") for field in ("name", "server", "namespace"))
        if key in seen:
            found.append(f"destination '{'/'.join(key)}' already added")
        seen.add(key)
    return found


def _lists(spec: Spec) -> list[str]:
    found = []
    for field, what in (("sourceRepos", "source repository"), ("sourceNamespaces", "source namespace")):
        entries = spec.get(field) or []
        found += [f"{what} has an invalid format, '!*'" for entry in entries if entry == "!*"]
        found += [f"{what} '{entry}' already added" for entry in sorted({e for e in entries if entries.count(e) > 1})]
    return found


def _roles(project: str, spec: Spec) -> list[str]:
    found, names = [], set()
    for role in spec.get("roles") or []:
        name = str(role.get("name") or "")
        if name in names:
            found.append(f"role '{name}' already exists")
        names.add(name)
        policies, groups = role.get("policies") or [], role.get("groups") or []
        problems = [role_name_problem(name), *(policy_problem(project, name, policy) for policy in policies)]
        problems += [group_problem(group) for group in groups]
        found += [problem for problem in problems if problem]
        found += [f"policy '{entry}' already exists for role '{name}'" for entry in _doubles(policies)]
        found += [f"group '{entry}' already exists for role '{name}'" for entry in _doubles(groups)]
    return found


def _doubles(entries: list[str]) -> list[str]:
    return sorted({entry for entry in entries if entries.count(entry) > 1})


def _accounts(spec: Spec) -> list[str]:
    found, seen = [], set()
    for entry in spec.get("destinationServiceAccounts") or []:
        problem = account_problem(entry)
        key = (entry.get("server"), entry.get("namespace"))
        if problem:
            found.append(problem)
        elif key in seen:
            found.append(f"destinationServiceAccount for '{key[0]}/{key[1]}' already added")
        seen.add(key)
    return found


def account_problem(entry: Spec) -> str:
    """Return what is wrong with a destination service account."""
    for field in ("server", "namespace"):
        value = str(entry.get(field) or "")
        if "!" in value or not is_valid(value):
            return f"{field} has an invalid format, '{value}'"
    account = str(entry.get("defaultServiceAccount") or "")
    return "" if _ACCOUNT.fullmatch(account) else f"defaultServiceAccount has an invalid format, '{account}'"
