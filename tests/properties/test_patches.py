"""Laws of the patches that hold for every document."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.api.patch.json import PatchFailed, apply_json_patch
from pilothouse.api.patch.merge import apply_merge_patch
from pilothouse.api.patch.strategic import apply_strategic_patch
from pilothouse.kit.errors import BadRequest
from tests.properties.trees import NAMES, OBJECTS, TREES

POINTERS = st.one_of(
    TREES, st.lists(st.sampled_from(("a", "b", "0", "1", "-", "~1", "~")), max_size=3).map(lambda parts: "/" + "/".join(parts))
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(("add", "remove", "replace", "move", "copy", "test", "jump")), "path": POINTERS},
    optional={"value": TREES, "from": POINTERS},
)


def merge_difference(old: Any, new: Any) -> Any:
    """Return the merge patch from `old` to `new`."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    changed = {
        name: merge_difference(old.get(name), value) for name, value in new.items() if name not in old or old[name] != value
    }
    return changed | {name: None for name in old if name not in new}


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_of_a_difference_leads_to_the_new_document(old: Any, new: Any) -> None:
    assert apply_merge_patch(deepcopy(old), merge_difference(old, new)) == new


@given(OBJECTS, OBJECTS)
def test_a_merge_patch_applied_twice_changes_nothing_more(document: Any, patch: Any) -> None:
    once = apply_merge_patch(deepcopy(document), deepcopy(patch))
    assert apply_merge_patch(deepcopy(once), deepcopy(patch)) == once


@given(OBJECTS, OBJECTS)
def test_a_strategic_patch_without_a_schema_is_a_merge_patch(document: Any, patch: Any) -> None:
    assert apply_strategic_patch(deepcopy(document), deepcopy(patch), None) == apply_merge_patch(document, patch)


@given(OBJECTS, NAMES, TREES)
def test_a_json_patch_adds_what_it_then_removes(document: Any, name: str, value: Any) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    added = apply_json_patch(
        deepcopy(document), [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}]
    )
    assert added == {**document, name: value}
    removed = apply_json_patch(added, [{"op": "remove", "path": path}])
    assert removed == {key: kept for key, kept in document.items() if key != name}


@given(TREES, st.one_of(TREES, st.lists(OPERATIONS, max_size=4)))
def test_a_json_patch_of_any_shape_is_applied_or_refused_and_the_document_stays(document: Any, operations: Any) -> None:
    before = deepcopy(document)
    with suppress(BadRequest, PatchFailed):
        apply_json_patch(document, operations)
    assert document == before
