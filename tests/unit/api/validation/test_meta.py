"""Metadata."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.meta import name_rule, validate_meta, validate_meta_update

META = {"name": "x", "namespace": "default", "uid": "u", "creationTimestamp": "2024-01-01T00:00:00Z", "resourceVersion": "1"}


def find(kind: str = "ConfigMap", **meta: Any) -> set[str]:
    return {error.path for error in validate_meta({"name": "x", "namespace": "default", **meta}, name_rule("", kind))}


def test_good() -> None:
    assert find(labels={"a/b": "c"}, annotations={"a/b": "any thing"}, finalizers=["a.b/c"]) == set()


@pytest.mark.parametrize(
    ("meta", "path"),
    [
        ({"name": "A"}, "metadata.name"),
        ({"name": ""}, "metadata.name"),
        ({"generateName": "Ab-"}, "metadata.generateName"),
        ({"labels": {"-": "a"}}, "metadata.labels"),
        ({"labels": {"a": "-"}}, "metadata.labels"),
        ({"annotations": {"-": "a"}}, "metadata.annotations"),
        ({"annotations": {"a": "x" * (256 << 10)}}, "metadata.annotations"),
        ({"finalizers": ["nonsense"]}, "metadata.finalizers"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "", "name": "a", "uid": "b"}]}, "metadata.ownerReferences.kind"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "", "uid": "b"}]}, "metadata.ownerReferences.name"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": ""}]}, "metadata.ownerReferences.uid"),
    ],
)
def test_bad(meta: dict[str, Any], path: str) -> None:
    assert path in find(**meta)


@pytest.mark.parametrize("field", ["name", "namespace", "uid"])
def test_what_identifies_an_object_stays(field: str) -> None:
    assert [error.path for error in validate_meta_update({**META, field: "other"}, META)] == [f"metadata.{field}"]
    assert validate_meta_update(META, META) == []


def test_no_finalizer_is_added_while_deleting() -> None:
    old = {**META, "deletionTimestamp": "2024-01-01T00:00:00Z", "finalizers": ["a.b/c"]}
    assert validate_meta_update({**old, "finalizers": ["a.b/c", "a.b/d"]}, old)
    assert not validate_meta_update({**old, "finalizers": []}, old)
