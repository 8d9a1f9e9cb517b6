"""Answers to the cases of `project`: sync windows, permissions and validation of AppProjects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pilothouse.delivery.gitops.engine.projects import (
    Target,
    can_sync,
    is_destination_permitted,
    is_resource_permitted,
    is_source_namespace_permitted,
    is_source_permitted,
    matching_windows,
    project_problems,
)
from pilothouse.delivery.gitops.engine.projects.globs import matches
from pilothouse.delivery.gitops.engine.projects.permissions import is_project_cluster
from pilothouse.delivery.gitops.engine.projects.policies import (
    group_problem,
    is_valid_action,
    is_valid_object,
    policy_problem,
    role_name_problem,
)
from pilothouse.delivery.gitops.engine.projects.validation import account_problem
from pilothouse.delivery.gitops.engine.projects.windows import (
    InvalidWindow,
    active_windows,
    all_have,
    denials,
    inactive_allows,
    is_active,
    window_problem,
    windows_problem,
)
from pilothouse.testing.corpora import SKIP

Input = dict[str, Any]


def answer(case: dict[str, Any]) -> Any:
    """Return the answer to one case."""
    feature = _FEATURES.get(case["feature"])
    return SKIP if feature is None else feature(case["input"])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _listed(given: Input, find: Callable[[list[Input], float], list[Input]]) -> Any:
    windows = given.get("windows") or []
    try:
        found = find(windows, _moment(given["now"]))
    except InvalidWindow:
        return {"count": 0, "error": True}
    return {"count": len(found), "error": False, "indexes": [windows.index(window) for window in found]}


def _window_active(given: Input) -> Any:
    try:
        return {"active": is_active(given["window"], _moment(given["now"])), "error": False}
    except InvalidWindow:
        return {"active": False, "error": True}


def _can_sync(given: Input) -> Any:
    started = given.get("operationStartedAt")
    try:
        allowed = can_sync(
            given.get("windows") or [], _moment(given["now"]), is_manual=bool(given.get("manual")),
            started_at=_moment(started) if started else None,
        )  # fmt: skip
    except InvalidWindow as error:
        return {"canSync": False, "error": True, "message": error.message}
    return {"canSync": allowed, "error": False}


def _window_matches(given: Input) -> Any:
    windows, app = given["windows"], given["application"]
    place = app.get("destination") or {}
    target = Target(app["name"], place.get("namespace") or "", place.get("server") or "", place.get("name") or "")
    found = matching_windows(windows, target)
    return {"indexes": [index for index, window in enumerate(windows) if any(window is one for one in found)]}


def _destination(given: Input) -> Any:
    place = given["destination"]
    server, cluster = place.get("server") or "", place.get("name") or ""
    is_permitted = is_destination_permitted(
        given.get("destinations") or [], server=server, cluster=cluster, namespace=place.get("namespace") or ""
    )
    if given.get("permitOnlyProjectScopedClusters") and given.get("projectClustersError"):
        return {"permitted": False, "error": f"could not retrieve project clusters: {given['projectClustersError']}"}
    if given.get("permitOnlyProjectScopedClusters"):
        is_permitted = is_permitted and is_project_cluster(given.get("projectClusters") or [], server=server, cluster=cluster)
    return {"permitted": is_permitted}


def _resource(given: Input) -> Any:
    name = given.get("resourceName") or ""
    permitted = is_resource_permitted(given["spec"], given["group"], given["kind"], name, is_namespaced=given["namespaced"])
    return {"permitted": permitted}


def _verdict(problem: str) -> Any:
    return {"valid": not problem, "error": problem}


_FEATURES: dict[str, Callable[[Input], Any]] = {
    "windows-active": lambda given: _listed(given, active_windows),
    "windows-inactive-allows": lambda given: _listed(given, inactive_allows),
    "window-active": _window_active,
    "window-matches": _window_matches,
    "can-sync": _can_sync,
    "can-sync-overrun": _can_sync,
    "deny-allows-overrun": lambda given: {"denyAllowsOverrun": all_have(denials(given["windows"]), "syncOverrun")},
    "has-deny": lambda given: {
        "hasDeny": bool(denials(given["windows"])),
        "manualEnabled": all_have(denials(given["windows"]), "manualSync"),
    },
    "has-allow": lambda given: {"hasAllow": any(window.get("kind") == "allow" for window in given["windows"])},
    "window-validate": lambda given: _verdict(window_problem(given["window"])),
    "window-update": lambda given: {**given["window"], **given["update"]},
    "windows-validate": lambda given: _verdict(windows_problem(given["windows"])),
    "source-permitted": lambda given: {"permitted": is_source_permitted(given.get("sourceRepos") or [], given["repoURL"])},
    "destination-permitted": _destination,
    "resource-permitted": _resource,
    "source-namespace-permitted": lambda given: {
        "permitted": is_source_namespace_permitted(
            given.get("sourceNamespaces") or [], given["applicationNamespace"], given["controllerNamespace"]
        )
    },
    "glob-match": lambda given: {"match": matches(given["pattern"], given["val"], denies=bool(given.get("allowNegation")))},
    "project-validate": lambda given: _verdict("; ".join(project_problems(given.get("project") or "", given["spec"]))),
    "role-name": lambda given: _verdict(role_name_problem(given["role"])),
    "group-name": lambda given: _verdict(group_problem(given["group"])),
    "role-policy": lambda given: _verdict(policy_problem(given["project"], given["role"], given["policy"])),
    "policy-object": lambda given: {"valid": is_valid_object(given["project"], given["object"])},
    "policy-action": lambda given: {"valid": is_valid_action(given["action"])},
    "destination-service-account": lambda given: _verdict(account_problem(given)),
}
