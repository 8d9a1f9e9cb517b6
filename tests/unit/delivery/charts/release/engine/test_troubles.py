"""Why Pods are not ready."""

from typing import Any

from pilothouse.delivery.charts.release.engine.troubles import selector_of, troubles


def pod(phase: str = "Pending", *containers: dict[str, Any], **conditions: str) -> dict[str, Any]:
    listed = [{"type": kind, "status": "False", "message": message} for kind, message in conditions.items()]
    return {"metadata": {"name": "p"}, "status": {"phase": phase, "containerStatuses": list(containers), "conditions": listed}}


def test_each_reason_has_a_line() -> None:
    pull = {"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    crash = {"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 3}}}
    ended = {"name": "c", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}
    slow = {"name": "c", "ready": False, "state": {"running": {}}}
    fresh = {"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}
    found = troubles(
        [pod("Pending", pull), pod("Running", crash), pod("Failed", ended), pod("Running", slow), pod("Pending", fresh)]
    )
    assert found == [
        "pod p: container c: ImagePullBackOff: no such image",
        "pod p: container c: CrashLoopBackOff (exit code 3)",
        "pod p: container c: Error: exit code 1",
        "pod p: container c: running, but its readiness probe fails",
    ]
    assert troubles([pod(PodScheduled="0/1 nodes are available")]) == ["pod p: 0/1 nodes are available"]
    assert len(troubles([pod("Failed", ended)] * 9)) == 5


def test_selectors() -> None:
    assert selector_of({"kind": "Job", "metadata": {"name": "j"}}) == "job-name=j"
    assert selector_of({"kind": "Deployment", "spec": {"selector": {"matchLabels": {"b": "2", "a": "1"}}}}) == "a=1,b=2"
    assert selector_of({"kind": "Service", "spec": {"selector": {"a": "1"}}}) == selector_of({"kind": "ConfigMap"}) == ""
