"""Mounts and devices."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_M = "spec.containers[0].volumeMounts"
_D = "spec.containers[0].volumeDevices"
_VOLUMES = [{"name": "v", "emptyDir": {}}, {"name": "d", "persistentVolumeClaim": {"claimName": "x"}}]


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ({}, []),
        ({"mountPath": ""}, [f"{_M}[0].mountPath: Required value"]),
        ({"name": "w"}, [f'{_M}[0].name: Not found: "w"']),
        ({"subPath": "/a"}, [f'{_M}.subPath: Invalid value: "/a": must be a relative path']),
        (
            {"subPath": "a", "subPathExpr": "b/.."},
            [
                f'{_M}[0].subPathExpr: Invalid value: "b/..": subPathExpr and subPath are mutually exclusive',
                f"{_M}.subPathExpr: Invalid value: \"b/..\": must not contain '..'",
            ],
        ),
        (
            {"mountPropagation": "Both"},
            [f'{_M}.mountPropagation: Unsupported value: "Both": supported values: "Bidirectional", "HostToContainer", "None"'],
        ),
        (
            {"mountPropagation": "Bidirectional"},
            [f"{_M}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"],
        ),
        (
            {"recursiveReadOnly": "Enabled"},
            [f"{_M}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true"],
        ),
        (
            {"recursiveReadOnly": "Yes"},
            [f'{_M}.recursiveReadOnly: Unsupported value: "Yes": supported values: "Disabled", "Enabled", "IfPossible"'],
        ),
    ],
)
def test_a_mount(mount: dict[str, Any], expected: list[str]) -> None:
    found = pod({"volumeMounts": [{"name": "v", "mountPath": "/m", **mount}]}, volumes=_VOLUMES)
    assert worded(check(found)) == expected


def test_devices_are_claims_and_neither_shared_nor_twice() -> None:
    devices = [
        {"name": "v", "devicePath": "/a"}, {"name": "d", "devicePath": "/a"}, {"name": "d", "devicePath": "../b"},
        {"name": "z"},
    ]  # fmt: skip
    mounts = [{"name": "v", "mountPath": "/m"}]
    assert worded(check(pod({"volumeDevices": devices, "volumeMounts": mounts}, volumes=_VOLUMES))) == [
        f'{_M}[0].name: Invalid value: "v": must not already exist in volumeDevices',
        f'{_D}[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        f'{_D}[0].name: Invalid value: "v": must not already exist in volumeMounts',
        f'{_D}[1].devicePath: Invalid value: "/a": must be unique',
        f'{_D}[2].name: Invalid value: "d": must be unique',
        f"{_D}[2].devicePath: Invalid value: \"../b\": can not contain backsteps ('..')",
        f'{_D}[3].name: Not found: "z"',
        f"{_D}[3].devicePath: Required value",
    ]
