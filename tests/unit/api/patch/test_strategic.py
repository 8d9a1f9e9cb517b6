"""Strategic merge patches: the directives, and what contradicts itself."""

from typing import Any

import pytest

from pilothouse.api.patch.strategic import StrategicPatchError, apply_strategic_patch
from pilothouse.api.scheme import Scheme

POD = Scheme().by_kind["", "v1", "Pod"].schema
CONTAINERS = [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]


def patched(patch: dict[str, Any], spec: dict[str, Any] | None = None) -> Any:
    tree = {"metadata": {"finalizers": ["x", "y"]}, "spec": spec or {"containers": CONTAINERS}}
    before = repr(tree)
    found = apply_strategic_patch(tree, patch, POD)
    assert repr(tree) == before, "the object that is patched belongs to others as well"
    return found


def containers(*items: dict[str, Any], **more: Any) -> Any:
    return patched({"spec": {"containers": list(items), **more}})["spec"]["containers"]


def test_items_are_found_by_their_key() -> None:
    assert containers({"name": "b", "image": "3"}) == [CONTAINERS[0], {"name": "b", "image": "3"}]
    assert containers({"name": "c"}) == [{"name": "c"}, *CONTAINERS], "a new item comes before those nobody placed"
    assert containers({"name": "a", "$patch": "delete"}) == [CONTAINERS[1]]
    assert containers({"name": "c"}, {"$patch": "replace"}) == [{"name": "c"}]
    order = [{"name": "b"}, {"name": "a"}]
    assert containers(**{"$setElementOrder/containers": order}) == CONTAINERS[::-1], "also with an empty list of changes"
    assert patched({"spec": {"$setElementOrder/containers": order}})["spec"]["containers"] == CONTAINERS[::-1]


def test_lists_of_plain_values_are_joined_and_cut() -> None:
    assert patched({"metadata": {"finalizers": ["z", "x"]}})["metadata"]["finalizers"] == ["z", "x", "y"]
    assert patched({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x"]}})["metadata"]["finalizers"] == ["y"]


def test_maps_are_merged_replaced_emptied_or_kept_to_some_keys() -> None:
    spec = {"securityContext": {"runAsUser": 1, "fsGroup": 2}}
    for change, wanted in (
        ({"runAsUser": 3}, {"runAsUser": 3, "fsGroup": 2}),
        ({"runAsUser": None}, {"fsGroup": 2}),
        ({"$patch": "replace", "runAsUser": 3}, {"runAsUser": 3}),
        ({"$patch": "delete"}, {}),
        ({"$retainKeys": ["runAsUser"], "runAsUser": 3}, {"runAsUser": 3}),
    ):
        assert patched({"spec": {"securityContext": change}}, spec)["spec"]["securityContext"] == wanted


def test_a_value_of_another_type_is_taken_without_nulls_and_directed_maps() -> None:
    patch = {"spec": {"securityContext": {"a": None, "b": {"$patch": "delete"}, "c": [{"$patch": "replace"}, {"d": None}]}}}
    assert patched(patch)["spec"]["securityContext"] == {"c": [{}]}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({"$patch": "nonsense"}, "unknown patch type: nonsense in map"),
        ({"spec": {"containers": [{"image": "x"}]}}, "does not contain declared merge key: name"),
        ({"spec": {"containers": [{"name": "a"}, "b"]}}, "list element types are not identical"),
        ({"spec": {"containers": [["a"]]}}, "lists of lists are not supported"),
        ({"spec": {"containers": [{"$patch": "merge"}]}}, "merging lists cannot yet be specified"),
        ({"spec": {"containers": [{"$patch": "other"}]}}, "unknown patch type: other"),
        ({"metadata": {"$retainKeys": ["a"], "labels": {"b": "c"}}}, "invalid patch format of retainKeys"),
        ({"metadata": {"$retainKeys": "a"}}, "invalid patch format of retainKeys"),
        ({"spec": {"$setElementOrder/containers": "a"}}, "invalid patch format of setElementOrder list"),
        (
            {"spec": {"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "b"}]}},
            "doesn't match \\$setElementOrder list",
        ),
    ],
)
def test_contradictions_are_refused(patch: dict[str, Any], message: str) -> None:
    with pytest.raises(StrategicPatchError, match=message):
        patched(patch)
