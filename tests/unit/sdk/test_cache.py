"""The cache: keys, indexes, and reads that cannot damage it."""

import json
from typing import Any

import pytest

from pilothouse.api.meta import ObjectKey, key_of
from pilothouse.sdk.cache import CONTROLLER, LABELS, Cache, by_controller, by_label, by_namespace, by_owner_uid


def pod(name: str, owner: str = "", version: str = "1") -> dict:  # type: ignore[type-arg]
    meta = {"name": name, "namespace": "ns", "resourceVersion": version}
    if owner:
        meta["ownerReferences"] = [{"uid": owner}]  # type: ignore[assignment]
    return {"metadata": meta}


def fill(cache: Cache, *trees: dict) -> None:  # type: ignore[type-arg]
    for tree in trees:
        cache.put(key_of(tree), tree, json.dumps(tree).encode())


def test_reads_are_fresh_and_complete() -> None:
    cache = Cache("v1", "Pod")
    fill(cache, pod("a"))
    first = cache.get("a", "ns")
    assert first is not None
    assert (first["apiVersion"], first["kind"]) == ("v1", "Pod")
    first["metadata"]["name"] = "damaged"
    assert cache.get("a", "ns")["metadata"]["name"] == "a"  # type: ignore[index]
    assert cache.get("a", "other") is None


def test_indexes_follow_changes() -> None:
    cache = Cache("v1", "Pod", {"owner": by_owner_uid})
    fill(cache, pod("a", "u1"), pod("b", "u1"), pod("c"))
    assert {tree["metadata"]["name"] for tree in cache.by_index("owner", "u1")} == {"a", "b"}
    fill(cache, pod("a", "u2", "2"))
    assert [tree["metadata"]["name"] for tree in cache.by_index("owner", "u1")] == ["b"]
    cache.remove(ObjectKey("ns", "b"))
    assert cache.by_index("owner", "u1") == []
    cache.add_index("namespace", by_namespace)
    assert len(cache.by_index("namespace", "ns")) == 2
    with pytest.raises(KeyError, match="no index"):
        cache.by_index("nope", "x")


def _child(name: str, uid: str = "", namespace: str = "n", **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    if uid:
        meta["ownerReferences"] = [{"uid": "another"}, {"uid": uid, "controller": True}]
    return {"metadata": meta}


def _filled(*trees: dict[str, Any]) -> Cache:
    cache = Cache("v1", "Pod", {CONTROLLER: by_controller, LABELS: by_label})
    fill(cache, *trees)
    return cache


def test_a_family_is_what_is_controlled_and_what_may_be_adopted() -> None:
    trees = [_child("own", "u1"), _child("other", "u2"), _child("orphan"), _child("far", namespace="m")]
    found = _filled(*trees).family({"metadata": {"uid": "u1", "namespace": "n"}})
    assert [tree["metadata"]["name"] for tree in found] == ["own", "orphan"]


def test_selected_by_labels_within_a_namespace() -> None:
    trees = [_child("a", app="x", tier="1"), _child("b", app="x", tier="2"), _child("c", namespace="m", app="x", tier="1")]
    cache = _filled(*trees)
    assert [tree["metadata"]["name"] for tree in cache.selected("n", {"app": "x", "tier": "1"})] == ["a"]
    assert [tree["metadata"]["name"] for tree in cache.selected("n", {"app": "x"})] == ["a", "b"]
    assert cache.selected("n", {"app": "y"}) == []
