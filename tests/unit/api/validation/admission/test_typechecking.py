"""Expressions against the kinds they name."""

from __future__ import annotations

from typing import Any

from pilothouse.api.scheme import Scheme
from pilothouse.api.validation.admission.typechecking import check_types, kinds_of, type_of_schema

SCHEME = Scheme()


def policy(
    *validations: dict[str, str], groups: Any = ("apps",), resources: Any = ("deployments",), **spec: Any
) -> dict[str, Any]:
    rule = {"operations": ["*"], "apiGroups": list(groups), "apiVersions": ["v1"], "resources": list(resources)}
    found = {"matchConstraints": {"resourceRules": [rule]}, "validations": list(validations), **spec}
    return {"metadata": {"name": "p"}, "spec": found}


def test_fields_that_no_kind_has() -> None:
    found = check_types(
        policy({"expression": "object.foo > 1"}, {"expression": "true", "messageExpression": "object.bar"}), SCHEME
    )
    assert [warning["fieldRef"] for warning in found] == [
        "spec.validations[0].expression",
        "spec.validations[1].messageExpression",
    ]
    assert found[0]["warning"].startswith("apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'foo'\n | object.foo")


def test_types_that_do_not_fit() -> None:
    (found,) = check_types(policy({"expression": "object.spec.replicas > '1'"}), SCHEME)
    assert "found no matching overload for '_>_' applied to '(int, string)'" in found["warning"]
    names = {"expression": "object.spec.template.spec.containers.all(c, c.name.startsWith('a') && has(c.resources.limits))"}
    assert check_types(policy(names, {"expression": "object.metadata.labels['a'] == oldObject.metadata.name"}), SCHEME) == []


def test_variables_and_params_have_types() -> None:
    variables = [{"name": "n", "expression": "object.spec.replicas"}, {"name": "broken", "expression": "object.foo"}]
    spec = {"variables": variables, "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
    (found,) = check_types(policy({"expression": "variables.n == params.data['a']"}, **spec), SCHEME)
    assert "applied to '(int, string)'" in found["warning"]
    assert check_types(policy({"expression": "variables.broken && variables.n == int(params.data['a'])"}, **spec), SCHEME) == []


def test_only_rules_that_name_kinds() -> None:
    def kinds(**more: Any) -> list[str]:
        return [resource.kind for resource in kinds_of(policy(**more), SCHEME)]

    assert kinds(groups=["*"]) == [] and kinds(resources=["*", "deployments/scale", "deployments"]) == ["Deployment"]
    assert kinds(groups=["", "apps"], resources=["replicasets", "pods", "deployments"]) == ["Pod", "Deployment", "ReplicaSet"]
    (found,) = check_types(
        policy({"expression": "object.spec.replicas == 1"}, groups=["", "apps"], resources=["pods", "deployments"]), SCHEME
    )
    assert found["warning"].startswith("/v1, Kind=Pod: ERROR") and "Deployment" not in found["warning"]


def test_kinds_that_contain_themselves_and_open_values() -> None:
    definition = SCHEME.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
    assert definition is not None
    schema = type_of_schema(definition.schema, "CustomResourceDefinition").fields["spec"].type.fields["versions"].type.params[0]
    props = schema.fields["schema"].type.fields["openAPIV3Schema"].type
    assert str(props.fields["not"].type) == str(props) and props.fields["default"].type.kind == "dyn"
