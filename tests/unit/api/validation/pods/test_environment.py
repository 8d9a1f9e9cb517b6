"""Variables of containers."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_E = "spec.containers[0].env[0]"
_V = f"{_E}.valueFrom"
_F = "spec.containers[0].envFrom"


def _field(path: str) -> dict[str, Any]:
    return {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ({"name": "A", "valueFrom": _field("metadata.labels['a']")}, []),
        ({"value": "x"}, [f"{_E}.name: Required value"]),
        (
            {"name": "A", "valueFrom": {}},
            [
                (
                    f'{_V}: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, '
                    "`secretKeyRef` or `fileKeyRef`"
                )
            ],
        ),
        (
            {"name": "A", "valueFrom": _field("metadata.labels")},
            [
                (
                    f'{_V}.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", '
                    '"metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", '
                    '"status.hostIPs", "status.podIP", "status.podIPs"'
                )
            ],
        ),
        (
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "B", "key": ".."}}},
            [
                (
                    f'{_V}.secretKeyRef.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case '
                    "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
                    "'example.com', "
                    "regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
                ),
                f"{_V}.secretKeyRef.key: Invalid value: \"..\": must not be '..'",
            ],
        ),
        (
            {"name": "A", "valueFrom": {**_field("metadata.name"), "configMapKeyRef": {"name": "b", "key": "c"}}},
            [f'{_V}: Invalid value: "": may not have more than one field specified at a time'],
        ),
        (
            {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "a", "key": "B"}}},
            [f'{_V}.fileKeyRef.volumeName: Not found: "v"'],
        ),
    ],
)
def test_a_variable(variable: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod({"env": [variable]}))) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"configMapRef": {"name": "a"}, "prefix": "B_"}, []),
        ({}, [f'{_F}: Invalid value: "": must specify one of: `configMapRef` or `secretRef`']),
        ({"secretRef": {}}, [f"{_F}[0].secretRef.name: Required value"]),
        (
            {"secretRef": {"name": "a"}, "configMapRef": {"name": "a"}},
            [f'{_F}: Invalid value: "": may not have more than one field specified at a time'],
        ),
    ],
)
def test_all_of_a_source(source: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod({"envFrom": [source]}))) == expected
