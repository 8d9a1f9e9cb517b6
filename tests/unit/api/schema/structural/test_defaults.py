"""Defaults of schemas."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural.defaults import check_defaults


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"type": "integer", "default": 1}, []),
        ({"type": "integer", "default": "x"}, ["s.default"]),
        ({"type": "object", "properties": {}, "default": {"b": 1}}, ["s.default"]),
        ({"type": "array", "items": {"type": "string", "minLength": 2, "default": "a"}}, ["s.items.default"]),
    ],
)
def test_defaults(raw: dict[str, Any], found: list[str]) -> None:
    assert [error.path for error in check_defaults(raw, "s")] == found
