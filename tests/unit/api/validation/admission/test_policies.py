"""Expressions of policies."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.admission.policies import validate_expressions


@pytest.mark.parametrize(
    ("spec", "detail"),
    [
        ({"validations": [{"expression": "1"}]}, "must evaluate to bool but got int"),
        ({"validations": [{"expression": "object."}]}, "compilation failed: ERROR: <input>:1:8: Syntax error"),
        ({"validations": [{"expression": "true", "messageExpression": "1"}]}, "must evaluate to string but got int"),
        ({"variables": [{"name": "a", "expression": "nope"}]}, "undeclared reference to 'nope'"),
        ({"auditAnnotations": [{"key": "k", "valueExpression": "1"}]}, "must evaluate to one of [string null_type] but got int"),
        ({"matchConditions": [{"name": "a", "expression": "1"}]}, "must evaluate to bool but got int"),
    ],
)
def test_what_does_not_fit_is_named(spec: dict[str, Any], detail: str) -> None:
    (error,) = validate_expressions(spec)
    assert detail in error.detail


def test_a_good_policy() -> None:
    spec = {
        "variables": [{"name": "n", "expression": "object.spec.replicas"}],
        "validations": [{"expression": "variables.n <= params.max", "messageExpression": "'at most ' + string(params.max)"}],
        "auditAnnotations": [{"key": "k", "valueExpression": "'v'"}],
    }
    assert validate_expressions(spec) == []
