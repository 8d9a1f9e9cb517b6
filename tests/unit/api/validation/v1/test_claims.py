"""PersistentVolumeClaims."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.claims import claim, claim_status, claim_template, claim_update
from tests.unit.api.validation.specimens import worded

_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "volumeMode": "Filesystem"}
_FROZEN = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def _claim(status: dict[str, Any] | None = None, notes: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "c", "annotations": notes or {}}, "spec": {**_SPEC, **spec}, "status": status or {}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"volumeMode": ""}, ['spec.volumeMode: Unsupported value: "": supported values: "Block", "Filesystem"']),
        ({"accessModes": ["ReadWriteOncePod", "X"]}, [
            ('spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", '
            '"ReadWriteOncePod"')
        ]),
        ({"dataSource": {"name": "a", "kind": "Pod"}}, [
            "spec.dataSource: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        ]),
        ({"dataSource": {"apiGroup": "a", "kind": "b"}, "dataSourceRef": {"apiGroup": "a", "kind": "c", "name": "d"}}, [
            "spec.dataSource.name: Required value", "spec: Invalid value: {}: must match dataSourceRef",
        ]),
        ({"volumeAttributesClassName": "A"}, 1),
    ],
)  # fmt: skip
def test_a_claim(spec: dict[str, Any], expected: Any) -> None:
    found = worded(claim(_claim(**spec)))
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_templates_have_no_names() -> None:
    template = {"metadata": {"name": "a", "labels": {"b": "c"}}, "spec": _SPEC}
    assert worded(claim_template(template, "t")) == ["t.metadata.name: Forbidden: cannot be set"]


_BOUND = {"phase": "Bound", "capacity": {"storage": "2Gi"}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"volumeName": "v", "storageClassName": "s"}, []),
        ({"status": _BOUND}, {"status": _BOUND, "resources": {"requests": {"storage": "3Gi"}}}, []),
        ({"status": _BOUND}, {"status": _BOUND, "resources": {"requests": {"storage": "1Gi"}}}, [
            "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
        ]),
        ({"volumeAttributesClassName": "a", "status": _BOUND}, {"status": _BOUND, "volumeAttributesClassName": "b"}, []),
        ({}, {"volumeMode": "Block"}, [f"spec: Forbidden: {_FROZEN}", 'volumeMode: Invalid value: "Block": field is immutable']),
        ({"notes": {"volume.beta.kubernetes.io/storage-class": "a"}}, {"storageClassName": "a"}, []),
        ({"notes": {"volume.beta.kubernetes.io/storage-class": "a"}}, {}, [
            'metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "": field is immutable'
        ]),
    ],
)  # fmt: skip
def test_what_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert [line.partition("\n")[0] for line in worded(claim_update(_claim(**new), _claim(**old)))] == expected


def test_reports() -> None:
    status = {"capacity": {"storage": "-1"}, "allocatedResourceStatuses": {"storage": "X"}, "allocatedResources": {"cpu": "1"}}
    assert worded(claim_status(_claim(status), _claim())) == [
        "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
        ('status.allocatedResourceStatus: Unsupported value: "storage": supported values: "ControllerResizeInProgress", '
        '"ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"'),
        'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
    ]  # fmt: skip
