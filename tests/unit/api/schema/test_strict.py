"""Unknown and repeated fields."""

from __future__ import annotations

from pilothouse.api.schema import Schema
from pilothouse.api.schema.node import Definitions
from pilothouse.api.schema.strict import strict_findings
from pilothouse.api.scheme import Scheme


class Pairs(list[tuple[str, object]]):
    """An object as read, repeated fields included."""


def test_unknown_and_repeated_fields_are_found_in_order() -> None:
    resource = Scheme().kind("v1", "ConfigMap")
    assert resource is not None
    tree = Pairs([("bogus", 1), ("data", Pairs([("a", "1"), ("a", "2")])), ("metadata", Pairs([("nope", 1)]))])
    found = strict_findings(resource.schema, tree)
    assert 'unknown field "bogus"' in found
    assert 'duplicate field "data.a"' in found
    assert 'unknown field "metadata.nope"' in found
    assert strict_findings(resource.schema, {"metadata": {"name": "x"}, "data": {"any": "1"}}) == []


def test_embedded_resources_have_the_metadata_of_every_object() -> None:
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}
    meta = {"type": "object", "properties": {"name": {"type": "string"}}}
    schema = Schema({"type": "object", "properties": {"v": embedded, "metadata": meta}}, Definitions({}))
    assert strict_findings(schema, {"v": {"kind": "x", "z": 1, "metadata": {"name": "x", "no": 1}}}) == [
        'unknown field "v.metadata.no"'
    ]
