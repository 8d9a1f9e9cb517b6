"""Rules of a schema when the definition is written."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.expressions import base_environment
from pilothouse.api.schema.rules.checks import check_expressions, check_shapes


def spec(rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    fields = {"a": {"type": "integer"}, "l": {"type": "array", "items": {"type": "string"}}}
    return {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": fields, "x-kubernetes-validations": [rule], **more}},
    }


def findings(raw: dict[str, Any]) -> list[str]:
    return [f"{error.path}: {error.text()}" for error in check_expressions(raw, "s", base_environment())]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"rule": " "}, ".rule: Required value: rule is not specified"),
        ({"rule": "a\nb"}, ".message: Required value: message must be specified if rule contains line breaks"),
        ({"rule": "a", "message": " "}, '.message: Invalid value: " ": must be non-empty if specified'),
        ({"rule": "a", "messageExpression": " "}, ".messageExpression: Required value: messageExpression must be non-empty"),
        ({"rule": "a", "reason": "No"}, '.reason: Unsupported value: "No"'),
        ({"rule": "a", "fieldPath": ".x"}, '.fieldPath: Invalid value: ".x": must be a valid path'),
    ],
)
def test_shapes(rule: dict[str, Any], message: str) -> None:
    found = check_shapes({"properties": {"a": {}}, "x-kubernetes-validations": [rule]}, "s")
    assert f"{found[0].path}: {found[0].text()}".startswith(f"s.x-kubernetes-validations[0]{message}")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"rule": "self.a"}, "cel expression must evaluate to a bool"),
        ({"rule": "self.b > 1"}, "compilation failed: ERROR: <input>:1:5: undefined field 'b'"),
        ({"rule": "self.a > 1", "messageExpression": "1"}, "messageExpression must evaluate to a string"),
        ({"rule": "self.a > 1", "messageExpression": "self.b"}, "messageExpression compilation failed: ERROR"),
        ({"rule": "self.a > 1", "optionalOldSelf": True}, "may not be set if oldSelf is not used in rule"),
        ({"rule": "self.l.all(x, self.l.all(y, x != y))"}, "estimated rule cost exceeds budget by factor of more than 100x"),
    ],
)
def test_expressions(rule: dict[str, Any], message: str) -> None:
    found = findings(spec(rule))
    assert message in found[0]


def test_rules_show_as_json_for_web_pages() -> None:
    assert '{"Rule":"self.b \\u003e 1","Message":""' in findings(spec({"rule": "self.b > 1"}))[0]


def test_old_values_need_a_place_that_can_be_found_again() -> None:
    items = {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}
    listed = {"type": "object", "properties": {"l": {"type": "array", "maxItems": 3, "items": items}}}
    assert findings(listed)[0].endswith(
        "oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[l]"
    )
    assert findings(spec({"rule": "self == oldSelf"})) == []
    assert findings(spec({"rule": "oldSelf.hasValue()", "optionalOldSelf": True})) == []


def test_many_rules_share_a_budget() -> None:
    raw = spec({"rule": "self.l.all(x, x != 'a')"})
    rules = raw["properties"]["spec"]["x-kubernetes-validations"]
    rules *= 30
    found = findings(raw)
    assert "estimated rule cost total for entire OpenAPIv3 schema exceeds budget" in found[-1]
    assert len([text for text in found if "contributed to estimated rule cost total" in text]) == 4


def test_lists_without_limit_multiply_what_their_items_cost() -> None:
    items = {"type": "string", "x-kubernetes-validations": [{"rule": "self.contains('abc')"}]}
    assert "exceeds budget" in findings({"type": "object", "properties": {"l": {"type": "array", "items": items}}})[0]
    small = {"type": "array", "maxItems": 5, "items": {**items, "maxLength": 20}}
    assert findings({"type": "object", "properties": {"l": small}}) == []
