"""Metadata."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.meta import are_finalizers_free, name_rule, validate_meta, validate_meta_update

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
        ({"finalizers": ["nonsense"]}, "metadata.finalizers[0]"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "", "name": "a", "uid": "b"}]}, "metadata.ownerReferences.kind"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "", "uid": "b"}]}, "metadata.ownerReferences.name"),
        ({"ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": ""}]}, "metadata.ownerReferences.uid"),
    ],
)
def test_bad(meta: dict[str, Any], path: str) -> None:
    assert path in find(**meta)


@pytest.mark.parametrize(
    ("finalizers", "expected"),
    [
        (["orphan", "foregroundDeletion"], [("", "finalizer orphan and foregroundDeletion cannot be both set")]),
        (["a.b/c", "nonsense"], [("[1]", "name is neither a standard finalizer name nor is it fully qualified")]),
    ],
)
def test_finalizers(finalizers: list[str], expected: list[tuple[str, str]]) -> None:
    found = validate_meta({"name": "x", "finalizers": finalizers}, name_rule("", "Pod"))
    assert [(error.path.removeprefix("metadata.finalizers"), error.detail) for error in found] == expected


def test_some_kinds_may_have_any_finalizer() -> None:
    assert validate_meta({"name": "x", "finalizers": ["mine"]}, name_rule("", "Pod"), is_free=True) == []
    assert are_finalizers_free("coordination.k8s.io", "Lease")
    assert not are_finalizers_free("apps", "Deployment")


@pytest.mark.parametrize("version", ["", "apps/", "a/b/c"])
def test_an_owner_has_a_version(version: str) -> None:
    owner = {"apiVersion": version, "kind": "A", "name": "a", "uid": "b"}
    assert find(ownerReferences=[owner]) == {"metadata.ownerReferences.apiVersion"}


def update(new: dict[str, Any], old: dict[str, Any], kind: str = "Node") -> list[str]:
    return [error.path for error in validate_meta_update(new, old, "", kind)]


@pytest.mark.parametrize("field", ["name", "namespace", "uid"])
def test_what_identifies_an_object_stays(field: str) -> None:
    assert update({**META, field: "other"}, META) == [f"metadata.{field}"] * 2
    assert update(META, META) == []


def test_every_layer_of_an_update_looks_again() -> None:
    bad = {**META, "labels": {"a": "-"}, "finalizers": ["mine"]}
    labels, finalizer = "metadata.labels", "metadata.finalizers[0]"
    assert update(bad, META) == [labels, labels, labels, finalizer]
    assert update(bad, META, "Pod") == [labels, labels, labels, finalizer, labels, finalizer]
    assert [error.path for error in validate_meta_update(bad, META, "a.example", "A", is_custom=True)] == [labels, labels]


def test_no_finalizer_is_added_while_deleting() -> None:
    old = {**META, "deletionTimestamp": "2024-01-01T00:00:00Z", "finalizers": ["a.b/c"]}
    found = validate_meta_update({**old, "finalizers": ["a.b/e", "a.b/c", "a.b/d"]}, old, "", "Pod")
    assert found[0].detail.endswith('[]string{"a.b/d", "a.b/e"}')
    assert not update({**old, "finalizers": []}, old)


@pytest.mark.parametrize(
    ("group", "kind", "name", "good"),
    [
        ("apps", "StatefulSet", "a.b", False),
        ("apps", "Deployment", "a.b", True),
        ("networking.k8s.io", "IPAddress", "10.0.0.1", True),
        ("networking.k8s.io", "IPAddress", "a", False),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema", "a:b", False),
    ],
)
def test_names_follow_the_rule_of_the_kind(group: str, kind: str, name: str, good: bool) -> None:
    assert (not name_rule(group, kind)(name)) is good
