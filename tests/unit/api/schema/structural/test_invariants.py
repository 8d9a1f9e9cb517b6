"""What makes a schema structural."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural.invariants import FIELD, ROOT, check_invariants

_EITHER = [{"type": "integer"}, {"type": "string"}]
_EMBEDDED = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ({"anyOf": _EITHER, "x-kubernetes-int-or-string": True}, []),
        ({"allOf": [{"anyOf": _EITHER}], "x-kubernetes-int-or-string": True}, []),
        ({"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True},
         ["f.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true"]),
        ({"type": "array"}, ["f.items: Required value: must be specified"]),
        ({"type": "array", "items": {}}, ["f.items.type: Required value: must not be empty for specified array items"]),
        ({"type": "string", "anyOf": [{"type": "string"}]}, ["f.anyOf[0].type: Forbidden: must be empty to be structural"]),
        ({"type": "string", "not": {"default": "a"}}, ["f.not.default: Forbidden: must be undefined to be structural"]),
        ({"type": "string", "oneOf": [{"nullable": True}]}, ["f.oneOf[0].nullable: Forbidden: must be false to be structural"]),
        ({"type": "object", "allOf": [{"additionalProperties": {}}]},
         ["f.allOf[0].additionalProperties: Forbidden: must be undefined to be structural"]),
        ({"type": "object", "allOf": [{"properties": {"metadata": {}}}]},
         ["f.allOf[0].properties[metadata]: Forbidden: must not be specified in a nested context"]),
        ({"type": "string", "anyOf": [{"x-kubernetes-validations": [{"rule": "true"}]}]},
         ["f.anyOf[0].x-kubernetes-validations: Forbidden: must be empty to be structural"]),
        ({**_EMBEDDED, "type": "string"},
         ['f.type: Invalid value: "string": must be object if x-kubernetes-embedded-resource is true']),
        ({**_EMBEDDED, "additionalProperties": True},
         ["f.additionalProperties: Forbidden: must not be used if x-kubernetes-embedded-resource is set"]),
        ({**_EMBEDDED, "properties": {"kind": {"type": "integer"}}},
         ['f.properties[kind].type: Invalid value: "integer": must be string']),
    ],
)  # fmt: skip
def test_fields(raw: dict[str, Any], found: list[str]) -> None:
    assert [f"{error.path}: {error.text()}" for error in check_invariants(raw, "f", FIELD)] == found


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"type": "object", "properties": {"metadata": {"type": "object", "properties": {"name": {"type": "string"}}}}}, []),
        ({"type": "object", "properties": {"metadata": {"type": "object", "description": "x"}}}, ["r.properties[metadata]"]),
        ({"type": "object", "properties": {"apiVersion": {"type": "object"}}}, ["r.properties[apiVersion].type"]),
        ({"type": "object", "additionalProperties": True}, ["r.additionalProperties"]),
        ({"type": "string"}, ["r.type"]),
        ({}, ["r.type"]),
    ],
)
def test_roots(raw: dict[str, Any], paths: list[str]) -> None:
    assert [error.path for error in check_invariants(raw, "r", ROOT)] == paths
