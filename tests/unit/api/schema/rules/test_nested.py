"""Rules inside allOf."""

from __future__ import annotations

from typing import Any

from pilothouse.api.schema.expressions import base_environment
from pilothouse.api.schema.rules.checks import check_expressions, check_nested_shapes
from pilothouse.api.schema.rules.nested import NAME, has_rules, overlay, parts_of
from pilothouse.api.schema.rules.tree import Rules

NUMBER = {"type": "integer"}


def schema(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    spec = {"type": "object", "properties": {"a": NUMBER, "b": {"type": "array", "items": NUMBER, "maxItems": 5}}, **more}
    return {"type": "object", "properties": {"spec": {**spec, "allOf": list(parts)}}}


def rule(text: str, **more: Any) -> dict[str, Any]:
    return {NAME: [{"rule": text, **more}]}


def errors(raw: dict[str, Any], spec: dict[str, Any]) -> list[tuple[str, str]]:
    found, _ = Rules(raw, base_environment).check({"spec": spec}, None, [])
    return [(error.path, error.detail) for error in found]


def test_rules_of_parts_see_the_types_of_the_schema_around_them() -> None:
    deep = {"properties": {"a": rule("self > 0", message="a is small"), "b": {"items": rule("self < 9", message="b is large")}}}
    raw = schema(rule("self.a != 3", message="no three"), deep, **rule("self.a != 4", message="no four"))
    assert has_rules(raw) and check_expressions(raw, "s", base_environment()) == []
    assert errors(raw, {"a": 1, "b": [1]}) == []
    assert errors(raw, {"a": 3}) == [("spec", "no three")] and errors(raw, {"a": 4}) == [("spec", "no four")]
    assert errors(raw, {"a": 0, "b": [1, 10]}) == [("spec.a", "a is small"), ("spec.b[1]", "b is large")]


def test_parts_in_parts() -> None:
    raw = schema({"allOf": [rule("self.a > 1", message="inner")]})
    assert errors(raw, {"a": 1}) == [("spec", "inner")]


def test_what_is_wrong_has_its_place() -> None:
    raw = schema({"properties": {"a": rule("self.x")}}, rule(" "))
    (finding,) = check_expressions(schema({"properties": {"a": rule("self.x")}}), "s", base_environment())
    assert finding.path == f"s.properties[spec].allOf[0].properties[a].{NAME}[0].rule"
    (finding,) = check_nested_shapes(raw["properties"]["spec"], "s")
    assert finding.path == f"s.allOf[1].{NAME}[0].rule"


def test_an_overlay_has_the_rules_of_the_part_only() -> None:
    raw = {"type": "object", "properties": {"a": {**NUMBER, **rule("x")}}, **rule("y")}
    assert overlay(raw, rule("z")) == {"type": "object", "properties": {"a": NUMBER}, **rule("z")}
    assert list(parts_of({**raw, "allOf": [{"minimum": 1}]})) == []
