"""Objects in their protobuf form."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from pilothouse.api.scheme.protobuf import MAGIC, decode_protobuf, encode_event, encode_protobuf
from pilothouse.api.scheme.protobuf.writing import NoProtobuf

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "p", "labels": {"a": "b", "empty": ""}, "creationTimestamp": "2026-01-02T03:04:05Z", "generation": 3,
        "managedFields": [
            {"manager": "m", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:nodeName": {}}}}
        ],
    },
    "spec": {
        "containers": [
            {
                "name": "c", "image": "x", "command": ["a", "ü"], "tty": True,
                "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"path": "/", "port": "web"}, "periodSeconds": 10},
                "readinessProbe": {"tcpSocket": {"port": 8080}},
                "env": [{"name": "N", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "k", "optional": False}}}],
            }
        ],
        "volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Mi"}}, {"name": "s", "secret": {"secretName": "s"}}],
        "terminationGracePeriodSeconds": -1,
    },
}  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "AAH/"}, "type": "Opaque"},
    {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"},
     "spec": {"holderIdentity": "x", "renewTime": "2026-01-02T03:04:05.678901Z"}},
    {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "w"},
     "webhooks": [{"name": "a.b.c", "rules": [{"operations": ["CREATE"], "apiGroups": [""], "resources": ["pods"]}]}]},
    {"apiVersion": "v1", "kind": "ConfigMapList", "metadata": {"resourceVersion": "7"},
     "items": [{"metadata": {"name": "a"}, "data": {"k": "v"}}, {"metadata": {"name": "b"}}]},
    {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "code": 404, "details": {"name": "x"}},
]  # fmt: skip


@pytest.mark.parametrize("tree", [POD, *OTHERS], ids=lambda tree: str(tree["kind"]))
def test_what_is_written_reads_the_same(tree: dict[str, Any]) -> None:
    assert decode_protobuf(encode_protobuf(tree)) == tree


def test_bytes_of_a_small_object() -> None:
    raw = encode_protobuf({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
    type_meta = b"\x0a\x0f\x0a\x02v1\x12\x09Namespace"
    assert raw == MAGIC + type_meta + b"\x12\x05\x0a\x03\x0a\x01n" + b"\x1a\x00\x22\x00"


def test_custom_resources_have_no_protobuf_form() -> None:
    with pytest.raises(NoProtobuf, match="accept application/json"):
        encode_protobuf({"apiVersion": "example.com/v1", "kind": "Widget"})


def test_an_event_says_how_long_it_is() -> None:
    frame = encode_event("ADDED", POD)
    assert struct.unpack(">I", frame[:4])[0] == len(frame) - 4
    assert frame[4:].startswith(b"\x0a\x05ADDED\x12")
    assert MAGIC in frame
