"""Volumes of Pods."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.sources import volumes
from tests.unit.api.validation.specimens import worded

_META = {"name": "p"}
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def _found(source: dict[str, Any]) -> list[str]:
    return worded(volumes([{"name": "a", **source}], "v", _META)[0])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"emptyDir": {}}, []),
        ({}, ["v[0]: Required value: must specify a volume type"]),
        ({"emptyDir": {}, "hostPath": {"path": "/a"}}, ["v[0].hostPath: Forbidden: may not specify more than 1 volume type"]),
        ({"nfs": {"server": "s"}}, [
            "v[0].nfs.path: Required value",
            'v[0].nfs.path: Invalid value: "": must be an absolute path',
        ]),
        ({"hostPath": {"path": "/a", "type": "X"}}, [
            ('v[0].hostPath.type: Unsupported value: "X": supported values: "", "BlockDevice", "CharDevice", "Directory", '
            '"DirectoryOrCreate", "File", "FileOrCreate", "Socket"')
        ]),
        ({"secret": {"secretName": "s", "items": [{"key": "k", "path": "..a", "mode": 512}]}}, [
            "v[0].secret.items[0].path: Invalid value: \"..a\": must not start with '..'",
            f"v[0].secret.items[0].mode: Invalid value: 512: {_MODE}",
        ]),
        ({"configMap": {}}, ["v[0].configMap.name: Required value"]),
        ({"persistentVolumeClaim": {}}, ["v[0].persistentVolumeClaim.claimName: Required value"]),
        ({"downwardAPI": {"items": [{"path": "a"}]}}, [
            "v[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required"
        ]),
        ({"downwardAPI": {"items": [{"path": "a", "fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}]}}, [
            ('v[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: '
            '"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"')
        ]),
        ({"projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "k", "path": "x"}] * 2}}]}}, [
            'v[0].projected: Invalid value: "s": conflicting duplicate paths'
        ]),
        ({"projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 1, "path": ""}}]}}, [
            ("v[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less "
            "than 10 minutes"),
            "v[0].projected.path: Required value",
        ]),
        ({"projected": {"sources": [{"secret": {"name": "a"}, "configMap": {"name": "a"}}]}}, [
            "v[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"
        ]),
        ({"ephemeral": {}}, ["v[0].ephemeral.volumeClaimTemplate: Required value"]),
        ({"image": {"pullPolicy": "Always"}}, ["v[0].image.reference: Required value"]),
        ({"csi": {"driver": "a b"}}, 1),
    ],
)  # fmt: skip
def test_a_source(source: dict[str, Any], expected: Any) -> None:
    found = _found(source)
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_names_are_used_once_and_bad_volumes_cannot_be_mounted() -> None:
    found, usable = volumes([{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}, {"name": "b"}], "v")
    assert worded(found) == ['v[1].name: Duplicate value: "a"', "v[2]: Required value: must specify a volume type"]
    assert list(usable) == ["a"]


def test_a_claim_made_for_the_pod_is_not_mounted_by_name() -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}
    made = {"name": "a", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}
    found, _ = volumes([made, {"name": "b", "persistentVolumeClaim": {"claimName": "p-a"}}], "v", _META)
    assert worded(found) == [
        ('v[1].persistentVolumeClaim.claimName: Invalid value: "p-a": must not reference a PVC that gets created for an '
         'ephemeral '
        "volume")
    ]  # fmt: skip
