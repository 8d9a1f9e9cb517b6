"""Schemas of custom resources as clients read them."""

from __future__ import annotations

from typing import Any

from pilothouse.cluster.apiserver.discovery.published import published, published_list

GVK = {"group": "g", "version": "v1", "kind": "A"}
TEXTS = {"apiVersion": "APIVersion defines", "kind": "Kind is", "metadata": "Standard object's metadata."}


def spec_of(raw: dict[str, Any], *, v2: bool) -> Any:
    return published({"type": "object", "properties": {"spec": raw}}, GVK, TEXTS, v2=v2)["properties"]["spec"]


def test_every_object_describes_its_type_and_metadata() -> None:
    found = published({"type": "object", "description": "An a."}, GVK, TEXTS, v2=False)
    assert found["properties"]["apiVersion"]["description"] == "APIVersion defines"
    assert found["properties"]["metadata"]["allOf"][0]["$ref"].endswith("ObjectMeta")
    assert found["x-kubernetes-group-version-kind"] == [GVK]


def test_embedded_resources_have_them_too() -> None:
    found = spec_of({"type": "object", "x-kubernetes-embedded-resource": True}, v2=False)
    assert sorted(found["properties"]) == ["apiVersion", "kind", "metadata"]
    assert found["required"] == ["kind", "apiVersion"]


def test_version_2_has_no_junctors_and_nothing_nullable() -> None:
    raw = {
        "type": "object", "required": ["n", "m"], "oneOf": [{}], "properties": {
            "n": {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}}}, "m": {"type": "string"}},
    }  # fmt: skip
    assert spec_of(raw, v2=False) == raw
    assert spec_of(raw, v2=True) == {"type": "object", "required": ["m"], "properties": {"n": {}, "m": {"type": "string"}}}


def test_version_2_says_nothing_below_unknown_fields() -> None:
    keeps = "x-kubernetes-preserve-unknown-fields"
    assert spec_of({"type": "object", keeps: True, "properties": {"a": {"type": "string"}}}, v2=True) == {keeps: True}
    root = published({"type": "object", keeps: True, "properties": {"a": {"type": "string"}}}, GVK, TEXTS, v2=True)
    assert root == {"type": "object", "x-kubernetes-group-version-kind": [GVK]}


def test_lists() -> None:
    found = published_list("com.g.v1.A", "as", "AList", GVK, TEXTS)
    assert found["description"] == "AList is a list of A"
    assert found["properties"]["items"]["items"]["$ref"].endswith("com.g.v1.A")
    assert found["x-kubernetes-group-version-kind"][0]["kind"] == "AList"
