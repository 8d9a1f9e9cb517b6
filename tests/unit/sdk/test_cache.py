"""The cache: keys, indexes, and reads that cannot damage it."""

import json

import pytest

from pilothouse.api.meta import ObjectKey, key_of
from pilothouse.sdk.cache import Cache, by_namespace, by_owner_uid


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
