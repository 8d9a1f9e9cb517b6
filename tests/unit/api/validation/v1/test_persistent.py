"""PersistentVolumes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.persistent import volume, volume_update
from tests.unit.api.validation.specimens import worded

_SPEC = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a", "type": ""}}


def _volume(**spec: Any) -> dict[str, Any]:
    merged = {**_SPEC, **spec}
    return {"metadata": {"name": "v"}, "spec": {key: value for key, value in merged.items() if value is not None}}


def _nodes(key: str) -> dict[str, Any]:
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": key, "operator": "Exists"}]}]}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"capacity": {"storage": "-1"}}, [
            "spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
            'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
        ]),
        ({"accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]}, [
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"
        ]),
        ({"hostPath": None, "local": {"path": "/a"}}, ["spec.nodeAffinity: Required value: Local volume requires node affinity"]),
        ({"nodeAffinity": {}}, ["spec.nodeAffinity.required: Required value: must specify required node constraints"]),
        ({"hostPath": {"path": "/"}, "persistentVolumeReclaimPolicy": "Recycle"}, [
            "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"
        ]),
        ({"volumeAttributesClassName": "a"}, [
            "spec.csi: Required value: has to be specified when using volumeAttributesClassName"
        ]),
    ],
)  # fmt: skip
def test_a_volume(spec: dict[str, Any], expected: list[str]) -> None:
    assert worded(volume(_volume(**spec))) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"nodeAffinity": _nodes("a")}, []),
        ({"nodeAffinity": _nodes("a")}, {"nodeAffinity": _nodes("b")}, ["nodeAffinity"]),
        ({"nodeAffinity": _nodes("beta.kubernetes.io/os")}, {"nodeAffinity": _nodes("kubernetes.io/os")}, []),
        ({"volumeMode": "Filesystem"}, {"volumeMode": "Block"}, ["volumeMode"]),
        ({}, {"hostPath": {"path": "/b", "type": ""}}, ["spec.persistentvolumesource"]),
        ({"hostPath": None, "csi": {"driver": "d", "volumeHandle": "h"}},
         {"hostPath": None, "csi": {"driver": "d", "volumeHandle": "h", "controllerExpandSecretRef": {
             "name": "a", "namespace": "b"}}}, []),
    ],
)  # fmt: skip
def test_what_changes(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert [finding.path for finding in volume_update(_volume(**new), _volume(**old))] == expected
