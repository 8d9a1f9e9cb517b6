"""References into a Pod."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.references import (
    ENV_FIELDS,
    environment_name,
    field_reference,
    file_reference,
    key_reference,
    resource_reference,
)
from tests.unit.api.validation.specimens import worded

_SIZES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("metadata.name", []),
        ("spec.host", []),
        ("metadata.annotations['A/b']", 1),
        ("", ["f.fieldPath: Required value"]),
        ("metadata.name['a']", [
            ("f.fieldPath: Invalid value: \"metadata.name['a']\": error converting fieldPath: field label does not support "
            "subscript: metadata.name['a']")
        ]),
        ("x", ['f.fieldPath: Invalid value: "x": error converting fieldPath: field label not supported: x']),
    ],
)  # fmt: skip
def test_fields(field: str, expected: Any) -> None:
    found = worded(field_reference({"apiVersion": "v1", "fieldPath": field}, "f", ENV_FIELDS))
    assert (0 if expected == 1 else found) == (0 if expected == 1 else expected)


def test_fields_are_those_of_one_version() -> None:
    assert worded(field_reference({"apiVersion": "v2", "fieldPath": "metadata.name"}, "f", ENV_FIELDS)) == [
        'f.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2'
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"resource": "limits.hugepages-2Mi"}, []),
        ({"resource": "limits.cpu", "divisor": "0"}, []),
        ({}, ["r.resource: Required value"]),
        ({"resource": "limits.cpu", "divisor": "2"}, [
            "r.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource"
        ]),
        ({"resource": "requests.memory", "divisor": "2"}, [
            (f"r.divisor: Invalid value: \"requests.memory\": only divisor's values {_SIZES} are supported with the memory "
            "resource")
        ]),
        ({"resource": "disk"}, [
            ('r.resource: Unsupported value: "disk": supported values: "limits.cpu", "limits.ephemeral-storage", '
             '"limits.memory", '
            '"requests.cpu", "requests.ephemeral-storage", "requests.memory"')
        ]),
    ],
)  # fmt: skip
def test_resources(source: dict[str, Any], expected: list[str]) -> None:
    assert worded(resource_reference(source, "r")) == expected


def test_volumes_say_whose_resource() -> None:
    assert worded(resource_reference({}, "r", needs_container=True)) == ["r.containerName: Required value"]


def test_keys_files_and_names() -> None:
    assert worded(key_reference({"name": "a"}, "k")) == ["k.key: Required value"]
    assert [finding.path for finding in file_reference({"path": "../a"}, "f")] == ["f.key", "f.volumeName", "f.path"]
    assert environment_name("n", "a b") == []
    assert environment_name("n", "a=b")
