"""Rules applied to objects."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.findings import required
from pilothouse.api.schema.expressions import base_environment
from pilothouse.api.schema.rules.nested import has_rules
from pilothouse.api.schema.rules.tree import UNCHECKED, Rules

NAME = "x-kubernetes-validations"


def rules(*stated: dict[str, Any]) -> Rules:
    fields = {
        "a": {"type": "integer"},
        "m": {"type": "object", "additionalProperties": {"type": "integer"}},
        "x": {"x-kubernetes-int-or-string": True},
    }
    return Rules(
        {"type": "object", "properties": {"spec": {"type": "object", "properties": fields, NAME: list(stated)}}}, base_environment
    )


def check(found: Rules, spec: Any, old: Any = None) -> tuple[list[str], list[str]]:
    errors, warnings = found.check({"spec": spec}, None if old is None else {"spec": old}, [])
    return [f"{error.path}: {error.text()}" for error in errors], warnings


@pytest.mark.parametrize(
    ("rule", "spec", "message"),
    [
        ({"rule": "self.a > 1"}, {"a": 1}, "spec: Invalid value: failed rule: self.a > 1"),
        ({"rule": "self.a > 1", "message": "m"}, {}, 'spec: Invalid value: "object": no such key: a evaluating rule: m'),
        ({"rule": "self.a > 1", "messageExpression": "'no ' + string(self.a)"}, {"a": 0}, "spec: Invalid value: no 0"),
        ({"rule": "self.a > 1", "messageExpression": "string(1 / self.a)"}, {"a": 0}, "spec: Invalid value: failed rule: self.a"),
        ({"rule": "false", "reason": "FieldValueForbidden", "fieldPath": ".a", "message": "m"}, {}, "spec.a: Forbidden: m"),
        ({"rule": "false", "reason": "FieldValueRequired", "fieldPath": ".m['k']"}, {}, "spec.m[k]: Required value: failed"),
        ({"rule": "false", "reason": "FieldValueDuplicate"}, {}, "spec: Duplicate value"),
        ({"rule": "self.x > 1"}, {"x": "y"}, "call arguments did not match a supported operator, function or macro signature"),
    ],
)  # fmt: skip
def test_messages(rule: dict[str, Any], spec: dict[str, Any], message: str) -> None:
    assert message in check(rules(rule), spec)[0][0]


def test_transitions_need_an_old_value() -> None:
    found = rules({"rule": "self.a >= oldSelf.a"})
    assert check(found, {"a": 1})[0] == []
    assert check(found, {"a": 2}, {"a": 1})[0] == []
    assert len(check(found, {"a": 1}, {"a": 2})[0]) == 1


def test_an_optional_old_value_lets_the_rule_run_on_create() -> None:
    found = rules({"rule": "oldSelf.hasValue() || self.a == 1", "optionalOldSelf": True})
    assert len(check(found, {"a": 2})[0]) == 1
    assert check(found, {"a": 2}, {"a": 3})[0] == []


def test_unchanged_parts_only_warn() -> None:
    found = rules({"rule": "self.a > 1", "message": "small"})
    assert check(found, {"a": 1}, {"a": 1}) == ([], ["spec: Invalid value: small"])
    assert check(found, {"a": 0}, {"a": 1})[0] == ["spec: Invalid value: small"]


def test_entries_of_keyed_lists_are_found_again() -> None:
    items = {
        "type": "object",
        "properties": {"k": {"type": "string"}, "v": {"type": "integer", NAME: [{"rule": "self >= oldSelf"}]}},
    }
    raw = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": items}
    found = Rules({"type": "object", "properties": {"l": raw}}, base_environment)
    errors, _ = found.check({"l": [{"k": "b", "v": 1}, {"k": "a", "v": 2}]}, {"l": [{"k": "a", "v": 3}]}, [])
    assert [(error.path, error.value) for error in errors] == [("l[1].v", 2)]


def test_rules_wait_for_a_valid_object() -> None:
    errors, _ = rules({"rule": "false"}).check({"spec": {}}, None, [required("spec.a")])
    assert [error.detail for error in errors] == [UNCHECKED]


def test_one_object_has_a_budget() -> None:
    found = rules({"rule": "self.m.all(k, self.m.all(j, self.m.exists(l, l == 'nope') || true))"}, {"rule": "false"})
    errors, _ = check(found, {"m": {f"k{index}": index for index in range(200)}})
    assert "call cost exceeds limit" in errors[0]
    assert len(errors) == 1


def test_the_root_and_embedded_objects_have_metadata() -> None:
    raw = {"type": "object", NAME: [{"rule": "self.metadata.name.startsWith('ok')"}]}
    found = Rules(raw, base_environment)
    assert found.check({"metadata": {"name": "ok1"}}, None, []) == ([], [])
    assert [error.path for error in found.check({"metadata": {"name": "no"}}, None, [])[0]] == ["<nil>"]


def test_has_rules() -> None:
    assert has_rules({"properties": {"a": {"items": {NAME: [{}]}}}})
    assert not has_rules({"properties": {NAME: {"type": "object"}}})
