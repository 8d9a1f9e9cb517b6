"""What the machine may ask for: kinds, names, fields to set and to take out."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.apiserver.model import FINALIZERS, KINDS, MAP, REPLICAS, WIDGET, Changes, Kind, Values

NAMES = st.sampled_from(("x", "x", "y"))
MANAGERS = st.sampled_from(("m1", "m2"))
RARELY = st.sampled_from((False, False, False, True))
ANY_KIND = st.sampled_from(KINDS)
POLICIES = st.sampled_from(("", "Background", "Foreground", "Orphan"))
LABELS = st.sampled_from(("", "1"))
GRACE = st.sampled_from((None, 0, 5, 60))


def values(path: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """What a field may be set to."""
    if path == REPLICAS:
        return st.integers(0, 2)
    return st.just(True) if path[:2] == FINALIZERS else st.sampled_from(("1", "2"))


def some(kind: Kind) -> st.SearchStrategy[Values]:
    """Fields to state."""
    return st.fixed_dictionaries({}, optional={path: values(path) for path in kind.fields})


def edits(kind: Kind) -> st.SearchStrategy[Changes]:
    """Fields to set or take out."""
    return st.fixed_dictionaries({}, optional={path: st.none() | values(path) for path in kind.fields})


KIND_AND_VALUES = ANY_KIND.flatmap(lambda kind: st.tuples(st.just(kind), some(kind)))
KIND_TO_APPLY = st.sampled_from((MAP, WIDGET)).flatmap(lambda kind: st.tuples(st.just(kind), some(kind)))
KIND_AND_EDITS = ANY_KIND.flatmap(lambda kind: st.tuples(st.just(kind), edits(kind)))
