"""JSON patch: the operations and the ways to be wrong."""

import pytest

from pilothouse.api.patch.json import PatchFailed, apply_json_patch
from pilothouse.kit.errors import BadRequest, TooLarge

DOCUMENT = {"a": {"b": [1, 2, 3]}, "x/y": {"~": 1}}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "add", "path": "/a/c", "value": 5}], {"a": {"b": [1, 2, 3], "c": 5}, "x/y": {"~": 1}}),
        ([{"op": "add", "path": "/a/b/-", "value": 4}], {"a": {"b": [1, 2, 3, 4]}, "x/y": {"~": 1}}),
        ([{"op": "add", "path": "/a/b/1", "value": 9}], {"a": {"b": [1, 9, 2, 3]}, "x/y": {"~": 1}}),
        ([{"op": "remove", "path": "/a/b/0"}], {"a": {"b": [2, 3]}, "x/y": {"~": 1}}),
        ([{"op": "replace", "path": "/x~1y/~0", "value": 2}], {"a": {"b": [1, 2, 3]}, "x/y": {"~": 2}}),
        ([{"op": "move", "from": "/a/b", "path": "/b"}], {"a": {}, "b": [1, 2, 3], "x/y": {"~": 1}}),
        ([{"op": "copy", "from": "/a/b/0", "path": "/n"}], {"a": {"b": [1, 2, 3]}, "n": 1, "x/y": {"~": 1}}),
        ([{"op": "test", "path": "/a/b/2", "value": 3}], DOCUMENT),
        ([{"op": "test", "path": "/a/none", "value": None}], DOCUMENT),
        ([{"op": "replace", "path": "", "value": 1}], 1),
    ],
)
def test_operations(operations: list[dict[str, object]], expected: object) -> None:
    assert apply_json_patch(DOCUMENT, operations) == expected


def test_the_input_is_not_modified() -> None:
    document = {"a": {"b": [1]}}
    apply_json_patch(document, [{"op": "add", "path": "/a/b/-", "value": 2}, {"op": "remove", "path": "/a"}])
    assert document == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/nope"},
        {"op": "add", "path": "/no/parent", "value": 1},
        {"op": "add", "path": "/a/b/7", "value": 1},
        {"op": "add", "path": "/a/b/x", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "replace", "path": "/a/b/7", "value": 1},
        {"op": "test", "path": "/a/b/0", "value": 2},
        {"op": "explode", "path": "/a"},
        {"path": "/a"},
        {"op": "move", "from": "/nope", "path": "/a"},
        {"op": "remove", "path": ""},
    ],
)
def test_failing_operations(operation: dict[str, object]) -> None:
    with pytest.raises(PatchFailed):
        apply_json_patch(DOCUMENT, [operation])


def test_bad_documents() -> None:
    with pytest.raises(BadRequest):
        apply_json_patch({}, {"op": "add"})
    with pytest.raises(TooLarge, match="10000, got 10001"):
        apply_json_patch({}, [{"op": "add", "path": "/a", "value": 1}] * 10_001)


def test_the_reference_server_forgives() -> None:
    assert apply_json_patch({"a": 1}, [{"op": "add", "path": "/b"}]) == {"a": 1, "b": None}
    assert apply_json_patch({"a": 1}, [{"op": "replace", "path": "/c", "value": 2}]) == {"a": 1, "c": 2}
