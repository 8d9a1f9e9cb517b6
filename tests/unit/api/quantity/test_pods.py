"""Totals of Pods."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.quantity.pods import pod_limits, pod_requests, qos_class

ONE = {"cpu": "1", "memory": "1Gi"}
SAME = {"resources": {"limits": ONE, "requests": ONE}}


def _container(restart: str = "", **requests: str) -> dict[str, object]:
    found: dict[str, object] = {"name": "c", "resources": {"requests": requests, "limits": requests}}
    return {**found, "restartPolicy": restart} if restart else found


def test_containers_and_sidecars_add_up_and_the_largest_step_of_starting_counts() -> None:
    spec = {
        "containers": [_container(cpu="100m", memory="64Mi"), _container(cpu="1", memory="1Gi")],
        "initContainers": [_container(cpu="3"), _container("Always", cpu="500m"), _container(cpu="2900m")],
    }
    assert pod_requests(spec) == {"cpu": "3400m", "memory": "1088Mi"}


def test_what_a_pod_states_for_itself_replaces_the_sum_and_overhead_widens_only_limits_there_are() -> None:
    spec = {
        "containers": [_container(cpu="100m")],
        "resources": {"requests": {"cpu": "2", "example.com/gpu": "1"}},
        "overhead": {"cpu": "250m", "memory": "10Mi"},
    }
    assert pod_requests(spec) == {"cpu": "2250m", "memory": "10Mi"}
    assert pod_requests(spec, with_overhead=False) == {"cpu": "2"}
    assert pod_limits(spec) == {"cpu": "350m"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [{}]}, "BestEffort"),
        ({"containers": [_container(cpu="0")]}, "BestEffort"),
        ({"containers": [{"resources": {"requests": {"cpu": "1"}}}]}, "Burstable"),
        ({"containers": [SAME]}, "Guaranteed"),
        ({"containers": [SAME, {}]}, "Burstable"),
        ({**SAME, "containers": [{}]}, "Guaranteed"),
        ({"resources": {"limits": ONE, "requests": {"cpu": "1"}}, "containers": [{}]}, "Burstable"),
        ({"resources": {"requests": ONE}, "containers": [{}]}, "Burstable"),
    ],
)
def test_class_of_service(spec: dict[str, Any], expected: str) -> None:
    assert qos_class(spec) == expected
