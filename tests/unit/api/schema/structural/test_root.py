"""The root of a schema with a status."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural.root import check_root_of_status, shown_schema


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, []),
        ({"type": "string", "enum": ["a"]}, ["s.type"]),
        ({"type": "object", "oneOf": [{"required": ["a"]}]}, ["s"]),
    ],
)
def test_little_is_allowed(raw: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in check_root_of_status(raw, "s")] == paths


def test_a_schema_is_shown_as_the_server_holds_it() -> None:
    shown = shown_schema({"type": "object", "additionalProperties": True, "properties": {"a": {"items": {"type": "string"}}}})
    assert list(shown)[:5] == ["ID", "Schema", "Ref", "Description", "Type"]
    assert shown["AdditionalProperties"] == {"Allows": True, "Schema": None}
    assert shown["Properties"]["a"]["Items"]["Schema"]["Type"] == "string"
