"""Fragments laid over objects."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.patch.fragment import FragmentRefused, merge_fragment
from pilothouse.api.scheme import Scheme

POD = Scheme().resource("", "v1", "pods")
assert POD is not None
SCHEMA = POD.schema
LIVE = {"metadata": {"name": "p", "labels": {"a": "b"}}, "spec": {"containers": [{"name": "x", "image": "i"}]}}


def test_maps_merge_and_lists_merge_by_key() -> None:
    fragment = {
        "metadata": {"labels": {"c": "d"}},
        "spec": {"containers": [{"name": "y", "image": "j"}, {"name": "x", "tty": True}]},
    }
    merged = merge_fragment(LIVE, fragment, SCHEMA)
    assert merged["metadata"] == {"name": "p", "labels": {"a": "b", "c": "d"}}
    assert {found["name"]: found for found in merged["spec"]["containers"]} == {
        "x": {"name": "x", "image": "i", "tty": True}, "y": {"name": "y", "image": "j"},
    }  # fmt: skip
    assert LIVE["metadata"] == {"name": "p", "labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ({"spec": {"nothing": 1}}, r"\.spec\.nothing: field not declared in schema"),
        ({"spec": {"containers": ["x"]}}, "may not have non-map elements"),
        ({"spec": {"containers": [{"name": "x", "args": ["a"]}]}}, r"may not mutate atomic .*: \.spec\.containers\[0\]\.args"),
        ({"spec": {"nodeSelector": {"a": "b"}}}, r"\.spec\.nodeSelector"),
    ],
)
def test_what_does_not_fit_is_refused(fragment: dict[str, Any], text: str) -> None:
    with pytest.raises(FragmentRefused, match=text):
        merge_fragment(LIVE, fragment, SCHEMA)


def test_without_a_schema_everything_merges() -> None:
    assert merge_fragment({"a": {"b": 1}}, {"a": {"c": 2}}, None) == {"a": {"b": 1, "c": 2}}
