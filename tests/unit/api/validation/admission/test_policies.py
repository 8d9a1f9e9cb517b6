"""Rules of policies and their bindings."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.api.validation.admission.policies import mutating_policy, policy_binding, validating_policy

RULE = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
PARAM = {"apiVersion": "v1", "kind": "ConfigMap"}


def policy(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"matchConstraints": {"resourceRules": [RULE]}, **spec}}


VALID = {"validations": [{"expression": "true"}]}


@pytest.mark.parametrize(
    ("spec", "detail"),
    [
        ({"validations": [{"expression": "1"}]}, "must evaluate to bool but got int"),
        ({"validations": [{"expression": "object."}]}, "compilation failed: ERROR: <input>:1:8: Syntax error"),
        ({"validations": [{"expression": "true", "messageExpression": "1"}]}, "must evaluate to string but got int"),
        ({"validations": [{"expression": "true", "message": "a\nb"}]}, "must not contain line breaks"),
        ({"validations": [{"expression": "params == null"}]}, "undeclared reference to 'params'"),
        ({**VALID, "variables": [{"name": "a", "expression": "nope"}]}, "undeclared reference to 'nope'"),
        ({"validations": [{"expression": "variables.b"}]}, "undefined field 'b'"),
        ({"auditAnnotations": [{"key": "k", "valueExpression": "1"}]}, "must evaluate to one of [string null_type] but got int"),
        ({**VALID, "matchConditions": [{"name": "a", "expression": "1"}]}, "must evaluate to bool but got int"),
        ({**VALID, "paramKind": {"apiVersion": "v1", "kind": ""}}, ""),
        ({**VALID, "matchConstraints": {"resourceRules": [{**RULE, "resourceNames": ["a", "a"]}]}}, ""),
        ({**VALID, "matchConstraints": {}}, ""),
    ],
)
def test_what_does_not_fit_is_named(spec: dict[str, Any], detail: str) -> None:
    (error,) = validating_policy(policy(**spec))
    assert detail in error.detail


def test_a_good_policy() -> None:
    spec = {
        "paramKind": PARAM,
        "variables": [{"name": "n", "expression": "object.spec.replicas"}, {"name": "m", "expression": "variables.n + 1"}],
        "validations": [{"expression": "variables.m <= params.max", "messageExpression": "'at most ' + string(params.max)"}],
        "auditAnnotations": [{"key": "k", "valueExpression": "'v'"}],
    }
    assert validating_policy(policy(**spec)) == []


def mutation(kind: str, expression: str) -> dict[str, Any]:
    field = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}[kind]
    return {"patchType": kind, field: {"expression": expression}}


@pytest.mark.parametrize(
    ("mutations", "detail"),
    [
        ([], "mutations must contain at least one item"),
        ([{"patchType": "Other"}], 'supported values: "ApplyConfiguration", "JSONPatch"'),
        ([{"patchType": "JSONPatch"}], "must be specified when patchType is JSONPatch"),
        ([mutation("JSONPatch", "Object{}")], "must evaluate to list(JSONPatch) but got Object"),
        ([mutation("ApplyConfiguration", "1")], "must evaluate to Object but got int"),
        ([mutation("JSONPatch", "[JSONPatch{op: 1}]")], "expected type of field 'op' is 'string' but provided type is 'int'"),
        ([mutation("JSONPatch", "[JSONPatch{what: 'x'}]")], "undefined field 'what'"),
        ([{**mutation("ApplyConfiguration", "Object{}"), "jsonPatch": {}}], "must not be specified when patchType is ApplyCon"),
    ],
)
def test_mutations_that_do_not_fit(mutations: list[Any], detail: str) -> None:
    (error,) = mutating_policy(policy(mutations=mutations, reinvocationPolicy="Never"))
    assert detail in error.text()


def test_a_good_mutation_and_what_it_cannot_be_for() -> None:
    good = [
        mutation("ApplyConfiguration", "Object{metadata: Object.metadata{labels: {'a': object.metadata.name}}}"),
        mutation("JSONPatch", "object.x ? [JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c'), value: 1}] : []"),
    ]
    spec = {"mutations": good, "reinvocationPolicy": "IfNeeded"}
    assert mutating_policy(policy(**spec)) == []
    rules = {"resourceRules": [{**RULE, "operations": ["DELETE"]}]}
    (error,) = mutating_policy(policy(**spec, matchConstraints=rules))
    assert error.text() == 'Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"'
    (error,) = mutating_policy(policy(mutations=good))
    assert error.path == "spec.reinvocationPolicy"


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({}, "spec.policyName"),
        ({"policyName": "p", "paramRef": {"parameterNotFoundAction": "Deny"}}, "spec.paramRef"),
        ({"policyName": "p", "paramRef": {"name": "a"}}, "spec.paramRef.parameterNotFoundAction"),
        ({"policyName": "p", "matchResources": {"matchPolicy": "Other"}}, "spec.matchResources.matchPolicy"),
    ],
)
def test_bindings(spec: dict[str, Any], path: str) -> None:
    (error,) = policy_binding({"kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": "b"}, "spec": spec})
    assert error.path == path


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"variables": [{"name": "a", "expression": "1"}] * 2}, "spec.variables[1].name", 'Duplicate value: "a"'),
        ({"variables": [{"name": "in", "expression": "1"}]}, "spec.variables[0].name", "must be a valid CEL identifier"),
        (
            {"auditAnnotations": [{"key": f"k{i}", "valueExpression": "'v'"} for i in range(21)]}, "spec.auditAnnotations",
            "must not have more than 20 auditAnnotations",
        ),
        ({"failurePolicy": ""}, "spec.failurePolicy", 'Unsupported value: ""'),
    ],
)  # fmt: skip
def test_names_are_unique_and_lists_limited(spec: dict[str, Any], path: str, text: str) -> None:
    errors = [error for error in validating_policy(policy(**spec)) if error.path == path]
    assert len(errors) == 1
    assert text in errors[0].text()
