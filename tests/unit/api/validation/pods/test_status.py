"""Reports of nodes about Pods."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod_status
from tests.unit.api.validation.specimens import pod, worded

_ENDED = {"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 0}}}]}
_RUNS = {"containerStatuses": [{"name": "c", "state": {"running": {}}}]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}, []),
        (
            {},
            {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]},
            [
                (
                    'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP '
                    "for each "
                    "IP family"
                )
            ],
        ),
        (
            {},
            {"hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.2"}]},
            ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
        ),
        ({"qosClass": "BestEffort"}, {"qosClass": "X"}, ['status.qosClass: Invalid value: "X": field is immutable']),
        ({}, {"observedGeneration": -1}, ["status.observedGeneration: Invalid value: -1: must be a non-negative integer"]),
        ({}, {"conditions": [{"type": "a/b/c"}]}, 1),
        (
            {},
            {"resourceClaimStatuses": [{"name": "a"}]},
            [
                (
                    'status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in '
                    "`spec.resourceClaims`"
                )
            ],
        ),
        (_ENDED, _RUNS, ["status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"]),
    ],
)
def test_a_report(old: dict[str, Any], new: dict[str, Any], expected: Any) -> None:
    before, after = pod(restartPolicy="Never"), pod(restartPolicy="Never")
    found = worded(pod_status({**after, "status": new}, {**before, "status": old}))
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_containers_that_restart_may_run_again() -> None:
    assert not pod_status({**pod(), "status": _RUNS}, {**pod(), "status": _ENDED})
