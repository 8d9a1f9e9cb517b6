"""Rules of PriorityClasses, RuntimeClasses and Leases."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups.scheduling import (
    lease,
    priority_class,
    priority_class_update,
    runtime_class,
    runtime_class_update,
)


@pytest.mark.parametrize(
    ("name", "obj", "text"),
    [
        ("a", {"value": 1000000001}, "maximum allowed value of a user defined priority is 1000000000"),
        ("a", {"preemptionPolicy": ""}, "Required value"),
        ("a", {"preemptionPolicy": "X"}, 'Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'),
        ("system-x", {}, "error: system-x is not a known system priority class"),
        ("system-node-critical", {"value": 1}, "error: value of system-node-critical PriorityClass must be 2000001000"),
        ("system-cluster-critical", {"value": 2000000000, "globalDefault": True}, "PriorityClass must be false"),
    ],
)
def test_priority_classes(name: str, obj: dict[str, Any], text: str) -> None:
    (error,) = priority_class({"metadata": {"name": name}, **obj})
    assert text in error.text()
    assert [e.path for e in priority_class_update({"value": 1, "preemptionPolicy": "Never"}, {})] == ["value", "preemptionPolicy"]


_TOLERATION = {"key": "a", "operator": "Exists"}


@pytest.mark.parametrize(
    ("obj", "paths"),
    [
        ({"handler": "A"}, ["handler"]),
        ({"handler": ""}, ["handler"]),
        ({"overhead": {"podFixed": {"cpu": "-1"}}}, ["overhead.limits[cpu]"]),
        ({"scheduling": {"nodeSelector": {"a b": "c"}}}, ["scheduling.nodeSelector"]),
        ({"scheduling": {"tolerations": [{"operator": "X", "key": "a"}]}}, ["scheduling.tolerations[0].operator"]),
        ({"scheduling": {"tolerations": [_TOLERATION, _TOLERATION]}}, ["scheduling.tolerations[1]"]),
    ],
)
def test_runtime_classes(obj: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in runtime_class({"handler": "a", **obj})] == paths
    assert [error.path for error in runtime_class_update({"handler": "a"}, {"handler": "b"})] == ["handler"]


def test_leases() -> None:
    assert [error.detail for error in lease({"spec": {"leaseDurationSeconds": 0, "leaseTransitions": -1}})] == [
        "must be greater than 0", "must be greater than or equal to 0",
    ]  # fmt: skip
