"""What value validations speak of must be there."""

from __future__ import annotations

from pilothouse.api.schema.structural.completeness import check_completeness


def test_what_a_validation_names_must_be_there() -> None:
    part = {"properties": {"a": {"pattern": "x"}, "b": {"items": {"minLength": 1}}}}
    raw = {"properties": {"b": {"type": "string"}}, "anyOf": [part], "not": {"properties": {"b": {}}}}
    assert [(error.path, error.detail) for error in check_completeness(raw, raw, "s", "s")] == [
        ("s.properties[a]", "because it is defined in s.anyOf[0].properties[a]"),
        ("s.properties[b].items", "because it is defined in s.anyOf[0].properties[b].items"),
    ]
