"""Terms that select nodes."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.v1.nodeselectors import node_term
from tests.unit.api.validation.specimens import worded


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"operator": "Exists"}, []),
        ({"operator": "In"}, ["t.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"]),
        ({"operator": "Gt"}, ["t.values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"]),
        ({"operator": "X"}, ['t.operator: Invalid value: "X": not a valid selector operator']),
        ({"operator": "In", "values": ["a" * 64]}, [f't.values[0]: Invalid value: "{"a" * 64}": must be no more than 63 bytes']),
    ],
)
def test_labels(expression: dict[str, Any], expected: list[str]) -> None:
    found = worded(node_term({"matchExpressions": [{"key": "a", **expression}]}, "x"))
    assert [line.replace("x.matchExpressions[0]", "t") for line in found] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"operator": "In", "values": ["n"]}, []),
        ({"operator": "Exists"}, ['t.operator: Invalid value: "Exists": not a valid selector operator']),
        ({"operator": "In", "values": ["n"], "key": "a"}, ['t.key: Invalid value: "a": not a valid field selector key']),
        (
            {"operator": "In"},
            ["t.values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector"],
        ),
    ],
)
def test_fields(expression: dict[str, Any], expected: list[str]) -> None:
    found = worded(node_term({"matchFields": [{"key": "metadata.name", **expression}]}, "x"))
    assert [line.replace("x.matchFields[0]", "t") for line in found] == expected
