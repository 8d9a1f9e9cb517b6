"""Writes to the status subresource."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.status import validate_status


def find(group: str, kind: str, status: Any, before: Any = None, **meta: Any) -> list[str]:
    new, old = {"metadata": meta, "status": status}, {"metadata": meta, "status": before or {}}
    return [error.path for error in validate_status(group, kind, new, old)]


@pytest.mark.parametrize(
    ("group", "kind", "status", "before", "paths"),
    [
        ("apps", "Deployment", {"replicas": 2, "readyReplicas": 2, "availableReplicas": 1}, None, []),
        ("apps", "Deployment", {"replicas": 1, "readyReplicas": 2}, None, ["status.readyReplicas"]),
        ("apps", "ReplicaSet", {"replicas": 1, "availableReplicas": 1}, None, ["status.availableReplicas"]),
        ("batch", "Job", {"succeeded": 1}, {"succeeded": 2}, ["status.succeeded"]),
        ("", "Namespace", {"phase": "Terminating"}, None, ["status.Phase"]),
        ("", "Pod", {"podIP": "bad"}, None, ["status.podIPs[0]"]),
        ("", "Pod", {"qosClass": "Guaranteed"}, {"qosClass": "BestEffort"}, ["status.qosClass"]),
        ("", "ConfigMap", {"any": -1}, None, []),
    ],
)
def test_status(group: str, kind: str, status: Any, before: Any, paths: list[str]) -> None:
    assert find(group, kind, status, before) == paths


def test_a_namespace_being_deleted_terminates() -> None:
    assert find("", "Namespace", {"phase": "Active"}, deletionTimestamp="2024-01-01T00:00:00Z") == ["status.Phase"]
