"""Resource names and amounts."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.resources import pod_requirements, quota_resource, requirements
from tests.unit.api.validation.specimens import worded


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"limits": {"cpu": "1", "hugepages-2Mi": "4Mi"}, "requests": {"hugepages-2Mi": "4Mi"}}, []),
        ({"limits": {"cpu": "-1"}}, ['r.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0']),
        ({"limits": {"a.com/x": "500m"}}, ['r.limits[a.com/x]: Invalid value: "500m": must be an integer']),
        ({"limits": {"requests.a.com/x": "1"}}, [
            'r.limits[requests.a.com/x]: Invalid value: "requests.a.com/x": doesn\'t follow extended resource name standard'
        ]),
        ({"limits": {"storage": "1"}}, [
            'r.limits[storage]: Invalid value: "storage": must be a standard resource for containers'
        ]),
        ({"limits": {"hugepages-2Mi": "2Mi"}}, ["r: Forbidden: HugePages require cpu or memory"]),
        ({"limits": {"cpu": "1", "hugepages-2Mi": "3Mi"}}, [
            'r.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi'
        ]),
        ({"limits": {"a.com/x": "2"}, "requests": {"a.com/x": "1"}}, [
            'r.requests: Invalid value: "1": must be equal to a.com/x limit of 2'
        ]),
        ({"claims": [{"name": "k"}, {"name": "k"}, {"name": "z"}, {}]}, [
            'r.claims[1]: Duplicate value: "k"',
            'r.claims[2]: Not found: "z": must be one of the names in pod.spec.resourceClaims: k',
            "r.claims[3]: Required value",
        ]),
        ({"claims": [{"name": "k", "request": "a"}, {"name": "k"}]}, ['r.claims[1]: Duplicate value: "k"']),
    ],
)  # fmt: skip
def test_what_a_container_asks_for(resources: dict[str, Any], expected: list[str]) -> None:
    assert worded(requirements(resources, "r", ["k"])) == expected


def test_what_a_pod_asks_for() -> None:
    assert worded(pod_requirements({"requests": {"a.com/x": "1"}}, "r"))[0] == (
        'r.requests[a.com/x]: Unsupported value: "a.com/x": supported values: "cpu", "hugepages-", "memory"'
    )


@pytest.mark.parametrize(
    ("name", "good"), [("pods", True), ("requests.hugepages-2Mi", True), ("count/pods", True), ("storage", False), ("x", False)]
)
def test_what_a_quota_limits(name: str, good: bool) -> None:
    assert (not quota_resource("q", name)) is good
