"""Sources of storage systems."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.drivers import driver_source, initiator_length
from tests.unit.api.validation.specimens import worded

_ISCSI = {"targetPortal": "1.2.3.4", "iqn": "iqn.2001-04.com.example:a"}


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("gcePersistentDisk", {"partition": 256}, [
            "v.persistentDisk.pdName: Required value",
            "v.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive",
        ]),
        ("gitRepo", {"repository": "r", "directory": "/a"}, [
            'v.gitRepo.directory: Invalid value: "/a": must be a relative path'
        ]),
        ("iscsi", _ISCSI, []),
        ("iscsi", {**_ISCSI, "iqn": "x"}, [
            'v.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa'
        ]),
        ("iscsi", {**_ISCSI, "iqn": "iqn.2001"}, ['v.iscsi.iqn: Invalid value: "iqn.2001": must be valid format']),
        ("iscsi", {**_ISCSI, "lun": 256, "chapAuthSession": True}, [
            "v.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive", "v.iscsi.secretRef: Required value",
        ]),
        ("flocker", {}, ["v.flocker: Required value: one of datasetName and datasetUUID is required"]),
        ("flocker", {"datasetName": "a/b"}, ["v.flocker.datasetName: Invalid value: \"a/b\": must not contain '/'"]),
        ("quobyte", {"registry": "r", "volume": "v"}, [
            'v.quobyte.registry: Invalid value: "r": must be a host:port pair or multiple pairs separated by commas'
        ]),
        ("fc", {"targetWWNs": ["a"]}, ["v.fc.lun: Required value: lun is required if targetWWNs is specified"]),
        ("fc", {}, ["v.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"]),
        ("flexVolume", {"driver": "d", "options": {"a.k8s.io/b": "c"}}, [
            'v.flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are reserved'
        ]),
        ("azureDisk", {"diskName": "a", "diskURI": "b", "kind": "Managed", "cachingMode": "X"}, [
            'v.azureDisk.cachingMode: Unsupported value: "X": supported values: "None", "ReadOnly", "ReadWrite"',
            ('v.azureDisk.diskURI: Unsupported value: "b": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}'
            '/providers/microsoft.compute/disks/{disk-id}"'),
        ]),
        ("storageos", {"volumeName": "a.b"}, ['v.storageos.volumeName: Invalid value: "a.b": must not contain dots']),
        ("csi", {"driver": "d", "nodePublishSecretRef": {}}, ["v.csi.nodePublishSecretRef.name: Required value"]),
    ],
)  # fmt: skip
def test_a_source(kind: str, source: dict[str, Any], expected: list[str]) -> None:
    assert worded(driver_source(kind, source, f"v.{kind}")) == expected


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("iscsi", {**_ISCSI, "iqn": "x"}, ['v.iscsi.iqn: Invalid value: "x": must be valid format']),
        ("csi", {"driver": "d", "controllerPublishSecretRef": {"name": "a"}}, [
            "v.csi.volumeHandle: Required value", "v.csi.controllerPublishSecretRef.namespace: Required value",
        ]),
        ("glusterfs", {"endpoints": "e", "path": "p", "endpointsNamespace": ""}, [
            ('v.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace '
             "name")
        ]),
        ("azureFile", {"secretName": "a", "shareName": "b", "secretNamespace": ""}, [
            "v.azureFile.secretNamespace: Required value"
        ]),
        ("cinder", {"volumeID": "a", "secretRef": {"name": "b"}}, ["v.cinder.secretRef.namespace: Required value"]),
        ("local", {"path": "/a/.."}, ["v.local.path: Invalid value: \"/a/..\": must not contain '..'"]),
    ],
)  # fmt: skip
def test_a_source_of_a_persistent_volume(kind: str, source: dict[str, Any], expected: list[str]) -> None:
    assert worded(driver_source(kind, source, f"v.{kind}", is_persistent=True)) == expected


def test_initiators_have_short_names() -> None:
    assert not initiator_length("v" * 99, {"targetPortal": "p"}, "n", "v")
    assert initiator_length("v" * 64, {"targetPortal": "p", "initiatorName": "iqn"}, "n", "v")
