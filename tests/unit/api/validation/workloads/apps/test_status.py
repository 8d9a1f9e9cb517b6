"""The status of what runs replicas."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.workloads.apps.status import (
    daemon_set_status,
    deployment_status,
    replica_set_status,
    stateful_set_status,
)


@pytest.mark.parametrize(
    ("check", "status", "found"),
    [
        (deployment_status, {"replicas": 1, "readyReplicas": 2}, ["2: cannot be greater than status.replicas"]),
        (deployment_status, {"collisionCount": 1}, ["1: cannot be decremented"]),
        (replica_set_status, {"replicas": 1, "availableReplicas": 1}, ["1: cannot be greater than readyReplicas"]),
        (stateful_set_status, {"replicas": 1, "availableReplicas": 1, "collisionCount": 2},
         ["1: cannot be greater than status.readyReplicas"]),
        (stateful_set_status, {"currentReplicas": 1, "collisionCount": 2}, ["1: cannot be greater than status.replicas"]),
        (daemon_set_status, {"numberReady": -1}, ["-1: must be greater than or equal to 0", "0: cannot be decremented"]),
    ],
)  # fmt: skip
def test_counters(check: Any, status: dict[str, Any], found: list[str]) -> None:
    texts = [error.text() for error in check({"status": status}, {"status": {"collisionCount": 2}})]
    assert [text for text in texts if text in {f"Invalid value: {item}" for item in found}] == [
        f"Invalid value: {i}" for i in found
    ]
