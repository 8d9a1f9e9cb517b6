"""Resources of Pods and containers."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.defaults.resources import container_requests, pod_resources

ONE = {"cpu": "1", "memory": "1Gi"}


def asks(*containers: dict[str, str], side: str = "requests") -> list[dict[str, Any]]:
    return [{"name": "c", "resources": {side: amounts}} for amounts in containers]


@pytest.mark.parametrize(
    ("whole", "containers", "expected"),
    [
        ({}, asks({"cpu": "1"}), {}),
        ({"requests": {"cpu": "2"}}, asks({"cpu": "1"}), {"requests": {"cpu": "2"}}),
        ({"limits": ONE}, asks({"cpu": "100m"}, {"cpu": "300m"}), {"limits": ONE, "requests": {"cpu": "400m", "memory": "1Gi"}}),
        ({"requests": {"cpu": "2"}}, asks({"hugepages-2Mi": "4Mi"}, {"hugepages-2Mi": "2Mi"}, side="limits"),
         {"limits": {"hugepages-2Mi": "6Mi"}, "requests": {"cpu": "2", "hugepages-2Mi": "6Mi"}}),
    ],
)  # fmt: skip
def test_a_pod_as_a_whole(whole: dict[str, Any], containers: list[Any], expected: dict[str, Any]) -> None:
    spec = {"resources": whole, "containers": containers}
    pod_resources(spec)
    assert spec["resources"] == expected


def test_the_largest_init_container_counts() -> None:
    init = [*asks({"cpu": "2"}), {**asks({"cpu": "1"})[0], "restartPolicy": "Always"}, *asks({"cpu": "1500m"})]
    spec: dict[str, Any] = {"resources": {"limits": {"cpu": "9"}}, "initContainers": init, "containers": asks({"cpu": "1"})}
    pod_resources(spec)
    assert spec["resources"]["requests"] == {"cpu": "2500m"}


def test_limits_are_requests() -> None:
    container = {"resources": {"limits": ONE, "requests": {"cpu": "100m"}}}
    container_requests(container)
    assert container["resources"]["requests"] == {"cpu": "100m", "memory": "1Gi"}
