"""Rules of the storage group."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.groups import storage

_CLASS = {"provisioner": "a.io/b", "volumeBindingMode": "Immediate"}
_DRIVER = {"attachRequired": True, "podInfoOnMount": False, "storageCapacity": False, "seLinuxMount": False}
_ATTACHMENT = {"attacher": "a.io", "nodeName": "n", "source": {"persistentVolumeName": "v"}}


def _terms(*terms: Any) -> dict[str, Any]:
    return {"allowedTopologies": [{"matchLabelExpressions": expressions} for expressions in terms]}


@pytest.mark.parametrize(
    ("obj", "found"),
    [
        ({"provisioner": "A b"}, [("provisioner", 'Invalid value: "a b": name part must consist of')]),
        ({"parameters": {"": "x"}}, [("parameters", 'Invalid value: "": field can not be empty.')]),
        ({"parameters": {str(i): "" for i in range(513)}}, [("parameters", "Too long: may not be more than 512 bytes")]),
        ({"parameters": {"a": "x" * 262144}}, [("parameters", "Too long: may not be more than 262144 bytes")]),
        ({"reclaimPolicy": "X"}, [("reclaimPolicy", 'supported values: "Delete", "Retain"')]),
        ({"volumeBindingMode": ""}, [("volumeBindingMode", 'Unsupported value: ""')]),
        (_terms([{"key": "a"}]), [("allowedTopologies[0].matchLabelExpressions[0].values", "Required value")]),
        (_terms([{"key": "a", "values": ["b", "b"]}]),
         [("allowedTopologies[0].matchLabelExpressions[0].values[1]", 'Duplicate value: "b"')]),
        (_terms([{"key": "a", "values": ["b"]}, {"key": "a", "values": ["c"]}]),
         [("allowedTopologies[0].matchLabelExpressions[1].key", 'Duplicate value: "a"')]),
        (_terms([{"key": "a", "values": ["b"]}], [{"key": "a", "values": ["b"]}]),
         [("allowedTopologies[1].matchLabelExpressions", 'Duplicate value: ""')]),
        (_terms([]), [("allowedTopologies[0].matchLabelExpressions", 'Duplicate value: ""')]),
    ],
)  # fmt: skip
def test_classes(obj: dict[str, Any], found: list[tuple[str, str]]) -> None:
    errors = storage.storage_class({**_CLASS, **obj})
    assert [error.path for error in errors] == [path for path, _ in found]
    assert all(text in error.text() for error, (_, text) in zip(errors, found))


def test_classes_stay() -> None:
    new = {**_CLASS, "parameters": {"a": "b"}, "reclaimPolicy": "Retain"}
    assert [e.text() for e in storage.storage_class_update(new, _CLASS)] == [
        'Invalid value: {"a":"b"}: field is immutable', 'Invalid value: "Retain": field is immutable',
    ]  # fmt: skip
    wrong = storage.attributes_class_update({"driverName": "a"}, {"driverName": "b", "parameters": {"a": "b"}})
    assert [error.text() for error in wrong] == [
        "Required value: must contain at least one key/value pair", "Forbidden: updates to driverName are forbidden.",
        "Forbidden: updates to parameters are forbidden.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ({}, []),
        ({"attacher": ""}, ["spec.attacher", "spec.attacher"]),
        ({"attacher": f"a.{'b' * 62}"}, ["spec.attacher"]),
        ({"source": {}}, ["spec.source"]),
        ({"source": {"persistentVolumeName": "v", "inlineVolumeSpec": {}}}, ["spec.source"]),
        ({"nodeName": ""}, ["spec.nodeName"]),
    ],
)
def test_attachments(spec: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in storage.attachment({"spec": {**_ATTACHMENT, **spec}})] == paths
    (error,) = storage.attachment_update({"spec": _ATTACHMENT}, {"spec": {}})
    assert error.value["Source"] == {"PersistentVolumeName": "v", "InlineVolumeSpec": None}
    status = {"attachError": {"message": "x" * 1025}}
    assert [e.path for e in storage.attachment_status({"status": status}, {})] == ["status.attachError.message"]


@pytest.mark.parametrize(
    ("driver", "found"),
    [
        ({"nodeID": ""}, ["nodeID"]),
        ({"nodeID": "x" * 257}, ["nodeID"]),
        ({"allocatable": {"count": -1}}, ["allocatable.count"]),
        ({"topologyKeys": ["a", "a"]}, [""]),
        ({"name": ""}, ["name"]),
    ],
)
def test_nodes(driver: dict[str, Any], found: list[str]) -> None:
    base = {"name": "a.io", "nodeID": "n"}
    paths = [f"spec.drivers[0].{path}".rstrip(".") for path in found]
    assert [error.path for error in storage.csi_node({"spec": {"drivers": [{**base, **driver}]}})] == paths
    changed = {"spec": {"drivers": [{**base, "nodeID": "other"}]}}
    assert [error.path for error in storage.csi_node_update(changed, {"spec": {"drivers": [base]}})] == ["CSINodeDriver"]
    assert [e.path for e in storage.csi_node({"spec": {"drivers": [base, base]}})] == ["spec.drivers[1].name"]


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"attachRequired": None}, "attachedRequired", "Required value"),
        ({"fsGroupPolicy": "X"}, "fsGroupPolicy", '"File", "None", "ReadWriteOnceWithFSType"'),
        ({"volumeLifecycleModes": ["X"]}, "volumeLifecycleModes", 'supported values: "Persistent", "Ephemeral"'),
        ({"tokenRequests": [{"audience": "a"}, {"audience": "a"}]}, "tokenRequests[1].audience", 'Duplicate value: "a"'),
        ({"tokenRequests": [{"expirationSeconds": 5}]}, "tokenRequests[0].expirationSeconds", "less than 10 minutes"),
        ({"nodeAllocatableUpdatePeriodSeconds": 5}, "nodeAllocatableUpdatePeriodSeconds", "must be greater than or equal to 10"),
        ({"serviceAccountTokenInSecrets": True}, "serviceAccountTokenInSecrets", "no tokenRequests are specified"),
    ],
)
def test_drivers(spec: dict[str, Any], path: str, text: str) -> None:
    (error,) = storage.csi_driver({"spec": {**_DRIVER, **spec}})
    assert error.path == f"spec.{path}"
    assert text in error.text()


def test_drivers_and_capacities_stay() -> None:
    errors = storage.csi_driver_update(
        {"spec": _DRIVER}, {"spec": {**_DRIVER, "attachRequired": False, "volumeLifecycleModes": ["x"]}}
    )
    assert [error.path for error in errors] == ["spec.attachedRequired", "spec.volumeLifecycleModes"]
    assert [error.path for error in storage.csi_capacity({"storageClassName": "A", "capacity": "-1"})] == [
        "storageClassName",
        "capacity",
    ]
    assert [e.path for e in storage.csi_capacity_update({"storageClassName": "a"}, {"storageClassName": "b"})] == [
        "storageClassName"
    ]
