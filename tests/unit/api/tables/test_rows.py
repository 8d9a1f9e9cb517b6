"""Rows of every kind."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Scheme
from pilothouse.api.tables import columns_of, row_cells

SCHEME = Scheme()


def cells(api_version: str, kind: str, obj: dict[str, Any]) -> dict[str, Any]:
    resource = SCHEME.kind(api_version, kind)
    assert resource is not None
    meta = {"name": "x", "namespace": "default", "creationTimestamp": "1970-01-01T00:00:00Z"}
    row, _ = row_cells(resource, {"metadata": meta, **obj}, 60)
    return dict(zip([column["name"] for column in columns_of(resource)], row, strict=True))


def test_an_empty_object_of_every_kind_has_a_cell_in_every_column() -> None:
    odd = ("IPAddress",)  # it has a cell without a column
    for resource in SCHEME.by_path.values():
        if "list" in resource.verbs and resource.kind not in odd:
            found = cells(resource.api_version, resource.kind, {})
            assert found["Name" if resource.kind != "Event" else "Type"] is not None, resource.kind


def test_a_running_pod() -> None:
    status = {
        "phase": "Running", "podIP": "10.0.0.1",
        "containerStatuses": [{"name": "c", "ready": True, "restartCount": 0, "state": {"running": {}}}],
    }  # fmt: skip
    found = cells("v1", "Pod", {"spec": {"containers": [{"name": "c"}], "nodeName": "n"}, "status": status})
    assert (found["Ready"], found["Status"], found["Restarts"], found["Age"], found["IP"]) == (
        "1/1",
        "Running",
        "0",
        "60s",
        "10.0.0.1",
    )


def test_a_pod_that_waits_shows_why() -> None:
    waiting = {"name": "c", "ready": False, "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    status = {"phase": "Running", "containerStatuses": [waiting]}
    found = cells("v1", "Pod", {"spec": {"containers": [{"name": "c"}]}, "status": status})
    assert (found["Ready"], found["Status"]) == ("0/1", "CrashLoopBackOff")


def test_a_deployment() -> None:
    status = {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1}
    found = cells("apps/v1", "Deployment", {"spec": {"replicas": 3}, "status": status})
    assert (found["Ready"], found["Up-to-date"], found["Available"]) == ("1/3", 2, 1)


def test_a_component() -> None:
    found = cells("v1", "ComponentStatus", {"conditions": [{"type": "Healthy", "status": "True", "message": "ok"}]})
    assert (found["Status"], found["Message"], found["Error"]) == ("Healthy", "ok", "")
