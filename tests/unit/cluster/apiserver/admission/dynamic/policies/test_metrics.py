"""Policies in numbers."""

from __future__ import annotations

from tests.unit.cluster.apiserver.admission.dynamic.policies.test_mutating import MAPS, apply, install, label
from tests.unit.cluster.apiserver.driver import Driver, serve

VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
RULE = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["*"], "resources": ["configmaps"]}


def test_what_policies_did_is_counted() -> None:
    async def test(driver: Driver) -> None:
        await install(driver, "good", label("a", "'b'"))
        await install(driver, "odd", apply("Object{a: Object.b{}}"), failurePolicy="Ignore")
        spec = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "object.metadata.name != 'x'"}]}
        await driver.ok("POST", f"{VALIDATING}ies", {"metadata": {"name": "v"}, "spec": spec})
        bound = {"policyName": "v", "validationActions": ["Deny", "Audit"]}
        await driver.ok("POST", f"{VALIDATING}ybindings", {"metadata": {"name": "b"}, "spec": bound})
        await driver.ok("POST", MAPS, {"metadata": {"name": "fine"}})
        assert (await driver.call("POST", MAPS, {"metadata": {"name": "x"}}))[0] == 422
        mutating = driver.server.metrics.counter("apiserver_mutating_admission_policy_check_total", "")
        assert mutating.value("good", "good", "no_error", "allow") == 2
        assert mutating.value("odd", "odd", "invalid_error", "allow") == 2
        validating = driver.server.metrics.counter("apiserver_validating_admission_policy_check_total", "")
        assert [validating.value("v", "b", "no_error", action) for action in ("deny", "audit", "warn")] == [1, 1, 0]

    serve(test)
