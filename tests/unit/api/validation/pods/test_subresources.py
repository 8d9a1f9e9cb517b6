"""Ephemeral containers and resizing."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import validate_pod_subresource
from tests.unit.api.validation import specimens


def _pod(ephemeral: list[dict[str, Any]] | None = None, **resources: Any) -> dict[str, Any]:
    spec = {} if ephemeral is None else {"ephemeralContainers": ephemeral}
    return {**specimens.pod({"resources": resources}, **spec), "status": {"qosClass": "Burstable" if resources else "BestEffort"}}


@pytest.mark.parametrize(
    ("container", "path"),
    [
        ({"name": "c", "image": "b"}, "spec.ephemeralContainers[0].name"),
        ({"name": "d"}, "spec.ephemeralContainers[0].image"),
        ({"name": "d", "image": "b", "ports": [{"containerPort": 1, "protocol": "TCP"}]}, "spec.ephemeralContainers[0].ports"),
        ({"name": "d", "image": "b", "targetContainerName": "z"}, "spec.ephemeralContainers[0].targetContainerName"),
    ],
)
def test_what_an_ephemeral_container_may_not_be(container: dict[str, Any], path: str) -> None:
    assert [error.path for error in validate_pod_subresource("ephemeralcontainers", _pod([container]), _pod())] == [path]


def test_ephemeral_containers_only_come() -> None:
    old = _pod([{"name": "d", "image": "b"}])
    (changed,) = validate_pod_subresource("ephemeralcontainers", _pod([{"name": "d", "image": "z"}]), old)
    assert '- "Image": "b",\n+ "Image": "z",' in changed.detail
    (removed,) = validate_pod_subresource("ephemeralcontainers", _pod([]), old)
    assert removed.detail == 'existing ephemeral containers "d" may not be removed\n'


def test_resizing_keeps_the_class_of_service() -> None:
    old, new = _pod(requests={"cpu": "1"}), _pod(requests={"cpu": "2"})
    assert not validate_pod_subresource("resize", new, old)
    new["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1"}, "limits": {"cpu": "0.5"}}
    assert [error.path for error in validate_pod_subresource("resize", new, old)] == ["spec.containers[0].resources.requests"]


def test_only_processor_and_memory_are_resized() -> None:
    old, new = _pod(requests={"cpu": "1"}), _pod(requests={"cpu": "1", "ephemeral-storage": "1Gi"})
    assert [error.detail for error in validate_pod_subresource("resize", new, old)] == [
        "only cpu and memory resources are mutable"
    ]
