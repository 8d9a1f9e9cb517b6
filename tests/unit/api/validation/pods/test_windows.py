"""Windows."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.pods import pod as check
from tests.unit.api.validation.specimens import pod, worded

_W = "spec.securityContext.windowsOptions"


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("ContainerUser", []),
        ("NT AUTHORITY\\SYSTEM", []),
        ("", ["runAsUserName cannot be an empty string"]),
        ("a\nb", ["runAsUserName cannot contain control characters"]),
        ("a\\b\\c", ["runAsUserName cannot contain more than one backslash"]),
        (".x\\", ["runAsUserName's Domain doesn't match the NetBios nor the DNS format", "runAsUserName's User cannot be empty"]),
        ("...", ["runAsUserName's User cannot contain only periods or spaces"]),
        ("a:b", ["runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"]),
    ],
)
def test_names_of_users(user: str, expected: list[str]) -> None:
    found = check(pod(securityContext={"windowsOptions": {"runAsUserName": user}}))
    assert [(finding.path, finding.detail) for finding in found] == [(f"{_W}.runAsUserName", text) for text in expected]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"os": {}}, ["spec.os.name: Required value: cannot be empty"]),
        (
            {"os": {"name": "linux"}, "securityContext": {"windowsOptions": {}}},
            [f"{_W}: Forbidden: windows options cannot be set for a linux pod"],
        ),
        (
            {"os": {"name": "windows"}, "hostPID": True, "securityContext": {"fsGroup": 1}},
            [
                "spec.hostPID: Forbidden: cannot be set for a windows pod",
                "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
            ],
        ),
        (
            {"securityContext": {"windowsOptions": {"hostProcess": True}}},
            ["spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers"],
        ),
    ],
)
def test_systems(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(check(pod(**spec))) == expected
