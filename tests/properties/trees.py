"""Random JSON trees and field sets."""

from hypothesis import strategies as st

from pilothouse.api.fields.sets import FieldSet, field_element

NAMES = st.sampled_from(("a", "b", "c", "metadata", "x/y", "~", ""))
SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.text(max_size=3))
TREES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)), max_leaves=12
)
OBJECTS = st.dictionaries(NAMES, TREES, max_size=4)
PATHS = st.lists(NAMES.map(field_element), min_size=1, max_size=3).map(tuple)


def field_set(paths: list[tuple[str, ...]]) -> FieldSet:
    """Return the set of `paths`."""
    out = FieldSet()
    for path in paths:
        out.insert(path)
    return out


FIELD_SETS = st.lists(PATHS, max_size=6).map(field_set)
