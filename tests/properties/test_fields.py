"""Laws of field sets: they are sets, and their JSON form keeps them."""

from hypothesis import given

from pilothouse.api.fields.sets import FieldSet
from tests.properties.trees import FIELD_SETS


@given(FIELD_SETS)
def test_the_json_form_keeps_a_set(fields: FieldSet) -> None:
    assert FieldSet.from_fields(fields.to_fields()) == fields


@given(FIELD_SETS, FIELD_SETS)
def test_union_intersection_and_difference_are_those_of_sets(one: FieldSet, other: FieldSet) -> None:
    left, right = set(one.paths()), set(other.paths())
    assert set(one.union(other).paths()) == left | right
    assert set(one.intersection(other).paths()) == left & right
    assert set(one.difference(other).paths()) == left - right


@given(FIELD_SETS, FIELD_SETS)
def test_what_is_taken_out_with_its_children_leaves_no_path_below(one: FieldSet, other: FieldSet) -> None:
    gone = set(other.paths())
    left = set(one.without(other).paths())
    assert left == {path for path in one.paths() if not any(path[: len(top)] == top for top in gone)}
