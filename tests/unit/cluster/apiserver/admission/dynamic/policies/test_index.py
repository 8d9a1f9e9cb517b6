"""Which policies are in force, and with which params."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.admission.dynamic.policies.evaluation import Expressions
from pilothouse.cluster.apiserver.admission.dynamic.policies.index import BadBinding, Bound, PolicyIndex, params_of
from tests.unit.cluster.apiserver.driver import Driver, serve

PATH = "/apis/admissionregistration.k8s.io/v1/"
EVERYTHING = {"operations": ["CREATE"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}
SPEC = {"matchConstraints": {"resourceRules": [EVERYTHING]}, "validations": [{"expression": "true"}]}


def test_a_policy_is_in_force_once_per_binding() -> None:
    async def test(driver: Driver) -> None:
        index = PolicyIndex(driver.server.backend, "validatingadmissionpolicies", "validatingadmissionpolicybindings")
        for name in ("b", "a"):
            await driver.ok("POST", f"{PATH}validatingadmissionpolicies", {"metadata": {"name": name}, "spec": SPEC})
        assert index.in_force == ()
        for name, policy in (("y", "a"), ("x", "a"), ("z", "b"), ("w", "missing")):
            spec = {"policyName": policy, "validationActions": ["Deny"]}
            await driver.ok("POST", f"{PATH}validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": spec})
        assert [(bound.name, bound.binding) for bound in index.in_force] == [("a", "x"), ("a", "y"), ("b", "z")]
        assert index.in_force[0].key({"metadata": {"name": "p", "namespace": "n"}}) == "a/x/n/p"
        await driver.ok("DELETE", f"{PATH}validatingadmissionpolicies/a")
        assert [bound.name for bound in index.in_force] == ["b"]

    serve(test)


def bound(kind: dict[str, str] | None, reference: dict[str, Any] | None) -> Bound:
    policy = {"metadata": {"name": "p"}, "spec": {**SPEC, **({"paramKind": kind} if kind else {})}}
    use = {"metadata": {"name": "b"}, "spec": {"policyName": "p", **({"paramRef": reference} if reference else {})}}
    return Bound(policy, use, Expressions(policy["spec"]))


def test_params_by_name_by_labels_and_not_at_all() -> None:
    async def test(driver: Driver) -> None:
        backend, maps = driver.server.backend, {"apiVersion": "v1", "kind": "ConfigMap"}
        for name in ("a", "b"):
            path = "/api/v1/namespaces/default/configmaps"
            await driver.ok("POST", path, {"metadata": {"name": name, "labels": {"of": "p"}}})

        def names(reference: dict[str, Any] | None, namespace: str = "default") -> list[str]:
            found = params_of(backend, bound(maps, reference), namespace)
            return [params["metadata"]["name"] if params else "" for params in found]

        assert names(None) == [""] and params_of(backend, bound(None, {"name": "a"}), "default") == [None]
        assert names({"name": "a"}) == ["a"] and names({"name": "a"}, "other") == []
        assert names({"name": "a", "namespace": "default"}, "other") == ["a"]
        assert names({"selector": {"matchLabels": {"of": "p"}}}) == ["a", "b"]
        with pytest.raises(BadBinding, match="no params found"):
            names({"name": "x", "parameterNotFoundAction": "Deny"})
        with pytest.raises(BadBinding, match="cannot use namespaced paramRef"):
            names({"name": "a"}, "")
        with pytest.raises(BadBinding, match="must not be provided for a cluster-scoped"):
            params_of(backend, bound({"apiVersion": "v1", "kind": "Node"}, {"name": "a", "namespace": "x"}), "")

    serve(test)
