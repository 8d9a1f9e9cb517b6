"""Containers, init containers and ephemeral ones."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import CONTAINER, pod, worded

_C = "spec.containers[0]"
_I = "spec.initContainers[0]"


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"name": "a" * 64}, [f'{_C}.name: Invalid value: "{"a" * 64}": must be no more than 63 characters']),
        ({"image": " x"}, [f'{_C}.image: Invalid value: " x": must not have leading or trailing whitespace']),
        ({"ports": [{"protocol": "TCP"}]}, [f"{_C}.ports[0].containerPort: Required value"]),
        (
            {"ports": [{"protocol": "TCP", "containerPort": n, "name": "a"} for n in (1, 2)]},
            [f'{_C}.ports[1].name: Duplicate value: "a"'],
        ),
        (
            {"ports": [{"protocol": "TCP", "containerPort": 1, "hostPort": -1}]},
            [f"{_C}.ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive"],
        ),
        (
            {"resizePolicy": [{"resourceName": "disk", "restartPolicy": "Never"}]},
            [
                f'{_C}.resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
                f'{_C}.resizePolicy: Unsupported value: "Never": supported values: "NotRequired", "RestartContainer"',
            ],
        ),
        (
            {"restartPolicy": "Now"},
            [f'{_C}.restartPolicy: Unsupported value: "Now": supported values: "Always", "Never", "OnFailure"'],
        ),
        (
            {"restartPolicyRules": [{"action": "Stop"}]},
            [
                f"{_C}.restartPolicy: Required value: must specify restartPolicy when restart rules are used",
                (
                    f'{_C}.restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", '
                    '"RestartAllContainers"'
                ),
                f"{_C}.restartPolicyRules[0].exitCodes: Required value: must be specified",
            ],
        ),
    ],
)
def test_a_container(container: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(container))) == expected


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"name": "i"}, []),
        ({"name": "c"}, [f'{_I}.name: Duplicate value: "c"']),
        (
            {"name": "i", "livenessProbe": {}, "lifecycle": {}},
            [
                f"{_I}.lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always",
                f"{_I}.livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
            ],
        ),
        ({"name": "i", "restartPolicy": "Always", "lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}, []),
        (
            {"name": "i", "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]},
            [
                (
                    f'{_I}.resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to '
                    "'RestartContainer' for non-sidecar initContainers"
                )
            ],
        ),
    ],
)
def test_an_init_container(container: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(initContainers=[{**CONTAINER, **container}]))) == expected


def test_ports_of_the_node_are_taken_once() -> None:
    found = pod({"ports": [{"protocol": "TCP", "containerPort": 1, "hostPort": 80}] * 2})
    assert worded(check(found)) == [f'{_C}.ports[1].hostPort: Duplicate value: "TCP//80"']


def test_resource_claims_have_one_source() -> None:
    found = worded(check(pod(resourceClaims=[{"name": "a"}, {"name": "a", "resourceClaimName": "b"}])))
    assert found == [
        (
            'spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: '
            "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
        ),
        'spec.resourceClaims[1].name: Duplicate value: "a"',
    ]
