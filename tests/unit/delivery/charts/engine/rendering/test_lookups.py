import pytest

from pilothouse.delivery.charts.engine.rendering.lookups import SnapshotLookup, read_objects
from pilothouse.delivery.charts.engine.values.kinds import Int64
from pilothouse.delivery.charts.errors import ValuesInvalid

OBJECTS = b"""apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: a, namespace: n}, data: {k: dg==}}
- {apiVersion: v1, kind: Secret, metadata: {name: a, namespace: other}}
---
apiVersion: v1
kind: Namespace
metadata: {name: n, generation: 3}
---
{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "c", "namespace": "n"}}]}
"""


def test_answers_as_a_cluster_would() -> None:
    lookup = SnapshotLookup(read_objects(OBJECTS, "f"))
    assert lookup("v1", "Secret", "n", "a")["data"] == {"k": "dg=="}
    assert lookup("v1", "Secret", "n", "b") == {}
    assert lookup("v1", "Secret", "", "a") == {}
    assert lookup("apps/v1", "Secret", "n", "a") == {}
    assert [one["metadata"]["namespace"] for one in lookup("v1", "Secret", "", "")["items"]] == ["n", "other"]
    assert len(lookup("v1", "Secret", "other", "")["items"]) == 1
    assert lookup("v1", "Secret", "n", "")["kind"] == "SecretList"
    assert lookup("v1", "Pod", "n", "")["items"] == []
    assert lookup("v1", "Namespace", "ignored", "n")["metadata"]["name"] == "n"
    assert lookup("v1", "ConfigMap", "n", "c")["kind"] == "ConfigMap"
    assert type(lookup("v1", "Namespace", "", "n")["metadata"]["generation"]) is Int64


@pytest.mark.parametrize("data", [b"a: 1", b"- 1", b"kind: [", b"\xff", b"kind: X\napiVersion: 1\n"])
def test_what_is_no_object_is_an_error(data: bytes) -> None:
    with pytest.raises(ValuesInvalid, match="lookup: f"):
        read_objects(data, "f")


def test_empty_files_have_no_objects() -> None:
    assert read_objects(b"---\n---\n# nothing\n", "f") == []
