"""Security contexts."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_S = "spec.securityContext"
_C = "spec.containers[0].securityContext"
_ID = "must be between 0 and 2147483647, inclusive"
_PROFILES = 'supported values: "Localhost", "RuntimeDefault", "Unconfined"'


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (
            {"runAsUser": -1, "fsGroup": -2},
            [f"{_S}.fsGroup: Invalid value: -2: {_ID}", f"{_S}.runAsUser: Invalid value: -1: {_ID}"],
        ),
        ({"supplementalGroups": [1, 2**31]}, [f"{_S}.supplementalGroups[1]: Invalid value: 2147483648: {_ID}"]),
        (
            {"sysctls": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}, {"name": "A"}, {}]},
            [
                f'{_S}.sysctls[1].name: Duplicate value: "a"',
                (
                    f'{_S}.sysctls[2].name: Invalid value: "A": must have at most 253 characters and match regex '
                    "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
                ),
                f"{_S}.sysctls[3].name: Required value",
            ],
        ),
        (
            {"fsGroupChangePolicy": "X"},
            [f'{_S}.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"'],
        ),
        ({"seccompProfile": {}}, [f"{_S}.seccompProfile.type: Required value: type is required when seccompProfile is set"]),
        ({"seccompProfile": {"type": "X"}}, [f'{_S}.seccompProfile.type: Unsupported value: "X": {_PROFILES}']),
        (
            {"seccompProfile": {"type": "Localhost"}},
            [f"{_S}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"],
        ),
        (
            {"seccompProfile": {"type": "Unconfined", "localhostProfile": "a"}},
            [
                (
                    f"{_S}.seccompProfile.localhostProfile: Invalid value: "
                    f'{{"Type":"Unconfined","LocalhostProfile":"a"}}: can only '
                    "be set when seccomp type is Localhost"
                )
            ],
        ),
        (
            {"appArmorProfile": {"type": "Localhost", "localhostProfile": " "}},
            [f'{_S}.appArmorProfile.localhostProfile: Invalid value: " ": must not be padded with whitespace'],
        ),
    ],
)
def test_the_context_of_a_pod(context: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(securityContext=context))) == expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"runAsGroup": -1}, [f"{_C}.runAsGroup: Invalid value: -1: {_ID}"]),
        ({"procMount": "Unmasked"}, [f'{_C}.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`']),
        ({"seccompProfile": {"type": "Localhost", "localhostProfile": "/a"}}, [
            f'{_C}.seccompProfile.localhostProfile: Invalid value: "/a": must be a relative path'
        ]),
    ],
)  # fmt: skip
def test_the_context_of_a_container(context: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod({"securityContext": context}))) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"hostUsers": False, "hostNetwork": True}, ["spec.hostNetwork: Forbidden: when `hostUsers` is false"]),
        ({"hostUsers": False, "hostPID": True}, ["spec.HostPID: Forbidden: when `hostUsers` is false"]),
        (
            {"shareProcessNamespace": True, "hostPID": True},
            [f"{_S}.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled"],
        ),
        (
            {"hostIPC": True, "securityContext": {"sysctls": [{"name": "kernel.sem", "value": "1"}]}},
            [f"{_S}.sysctls[0].name: Invalid value: \"kernel.sem\": may not be specified when 'hostIPC' is true"],
        ),
    ],
)
def test_what_is_shared_with_the_node(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(**spec))) == expected
