"""Schema nodes."""

from __future__ import annotations

from pilothouse.api.schema.node import Definitions, Schema


def test_a_reference_is_followed_and_shared() -> None:
    definitions = Definitions({"a.B": {"type": "object", "properties": {"self": {"$ref": "a.B"}}}})
    node = definitions.node("a.B")
    assert node.at("self", "self") is node


def test_lists_are_passed_through() -> None:
    node = Schema({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}, Definitions({}))
    found = node.at("a")
    assert found is not None
    assert found.type == "string"
    assert node.at("b") is None


def test_a_false_default_is_a_default() -> None:
    assert Schema({"type": "boolean", "default": False}, Definitions({})).has_default
    assert not Schema({"type": "boolean"}, Definitions({})).has_default
