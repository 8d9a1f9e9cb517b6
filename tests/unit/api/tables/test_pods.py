"""The row of a Pod."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.tables.pods import pod_row

ENDED, OK = {"terminated": {"exitCode": 2}}, {"terminated": {"exitCode": 0}}
LAST = {"terminated": {"exitCode": 1, "finishedAt": "1970-01-01T00:00:30Z"}}
SIDECAR = {"name": "s", "restartPolicy": "Always"}
SPEC = {"initContainers": [{"name": "i"}, SIDECAR], "containers": [{"name": "a"}, {"name": "b"}]}


def row(status: dict[str, Any], spec: dict[str, Any] = SPEC, **meta: Any) -> tuple[str, str, str]:
    cells, _ = pod_row({"metadata": {"name": "x", **meta}, "spec": spec, "status": status}, 60)
    return cells[1], cells[2], cells[3]


def init(name: str, restarts: int = 0, **fields: Any) -> dict[str, Any]:
    return {"name": name, "restartCount": restarts, "state": {}, **fields}


RUNNING = [init("a", 1, ready=True, state={"running": {}}), init("b", 2, state={"waiting": {"reason": "ImagePullBackOff"}})]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], ("0/3", "Pending", "0")),
        ([init("i", 3, state=ENDED), init("s", 4)], ("0/3", "Init:ExitCode:2", "3")),
        ([init("i", 3, lastState=LAST, state={"waiting": {"reason": "E"}})], ("0/3", "Init:E", "3 (30s ago)")),
        ([init("i", state={"waiting": {"reason": "PodInitializing"}})], ("0/3", "Init:0/2", "0")),
        ([init("i", 3, state=OK), init("s", 4, started=True, ready=True)], ("1/3", "Pending", "4")),
        ([init("i", 3, state=OK), init("s", 4)], ("0/3", "Init:1/2", "7")),
    ],
)
def test_init_containers(states: list[dict[str, Any]], expected: tuple[str, str, str]) -> None:
    assert row({"phase": "Pending", "initContainerStatuses": states}) == expected


@pytest.mark.parametrize(
    ("initialized", "expected"), [("True", ("1/3", "ImagePullBackOff", "7")), ("False", ("0/3", "Init:1/2", "7"))]
)
def test_a_sidecar_that_restarts_does_not_hide_containers(initialized: str, expected: tuple[str, str, str]) -> None:
    status = {
        "phase": "Running", "conditions": [{"type": "Initialized", "status": initialized}],
        "initContainerStatuses": [init("i", 3, state=OK), init("s", 4)], "containerStatuses": RUNNING,
    }  # fmt: skip
    assert row(status) == expected


@pytest.mark.parametrize(
    ("state", "ready", "expected"),
    [
        ({"terminated": {"signal": 9}}, "False", "Signal:9"),
        ({"terminated": {"reason": "Completed"}}, "False", "NotReady"),
        ({"terminated": {"reason": "Completed"}}, "True", "Running"),
    ],
)
def test_one_container_ended(state: dict[str, Any], ready: str, expected: str) -> None:
    states = [init("a", state=state), init("b", ready=True, state={"running": {}})]
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}], "containerStatuses": states}
    assert row(status)[1] == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"phase": "Running"}, "Terminating"),
        ({"phase": "Succeeded"}, "Succeeded"),
        ({"phase": "Running", "reason": "NodeLost"}, "Unknown"),
    ],
)
def test_a_pod_that_is_deleted(status: dict[str, Any], expected: str) -> None:
    assert row(status, deletionTimestamp="1970-01-01T00:00:00Z")[1] == expected
