"""Schemas of definitions."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.structural import check_structural


def find(raw: dict[str, Any]) -> list[str]:
    return [f"{error.path}: {error.text()}" for error in check_structural(raw, "s")]


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}},
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "properties": {"a": {"x-kubernetes-int-or-string": True}}},
    ],
)
def test_good(raw: dict[str, Any]) -> None:
    assert find(raw) == []


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"type": "string"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": {"type": "wrong"}}},
        {"type": "object", "properties": {"a": {"type": "array"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}},
        {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}},
    ],
)
def test_bad(raw: dict[str, Any]) -> None:
    assert find(raw)


def test_a_very_deep_schema_is_refused_not_followed() -> None:
    raw: dict[str, Any] = {"type": "string"}
    for _ in range(5000):
        raw = {"type": "object", "properties": {"a": raw}}
    assert find(raw)
