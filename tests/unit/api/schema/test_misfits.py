"""Apply configurations of custom resources."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.schema.misfits import first_misfit
from pilothouse.api.schema.node import Definitions, Schema

SPEC = {
    "type": "object",
    "properties": {
        "count": {"type": "integer"},
        "flag": {"type": "boolean"},
        "text": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "either": {"x-kubernetes-int-or-string": True},
    },
}
SCHEMA = Schema({"type": "object", "properties": {"spec": SPEC}}, Definitions({}))


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"count": 1, "flag": True, "text": "a", "list": ["a"], "free": {"any": [1]}, "either": 1},
        {"either": "1"},
        {"count": None},
    ],
)
def test_what_fits(spec: Any) -> None:
    assert first_misfit(SCHEMA, {"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "x"}, "spec": spec}, "") == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"bogus": 1}, ".spec.bogus: field not declared in schema"),
        ({"count": "x"}, ".spec.count: expected numeric (int or float), got string"),
        ({"count": True}, ".spec.count: expected numeric (int or float), got bool"),
        ({"text": 1}, ".spec.text: expected string"),
        ({"flag": "x"}, ".spec.flag: expected boolean"),
        ({"list": ["a", 1]}, ".spec.list[1]: expected string"),
        ({"list": {}}, ".spec.list: expected list"),
        ([], ".spec: expected map"),
    ],
)
def test_what_does_not_fit(spec: Any, message: str) -> None:
    assert first_misfit(SCHEMA, {"spec": spec}, "").startswith(message)
