"""Custom objects are held against their schema and its rules."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import MERGE, Driver, crd, established, serve

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
BODY = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}


def test_rules_hold_and_unchanged_parts_only_warn() -> None:
    async def test(driver: Driver) -> None:
        fields = {"a": {"type": "integer"}, "b": {"type": "integer"}}
        await established(driver, crd(spec=fields))
        await driver.ok("POST", WIDGETS, {**BODY, "spec": {"a": 1}})
        rule = {"rule": "self > 3", "message": "too small"}
        path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/x-kubernetes-validations"
        patch = [{"op": "add", "path": path, "value": [rule]}]
        await driver.ok("PATCH", f"{CRDS}/widgets.example.com", patch, headers={"content-type": "application/json-patch+json"})
        response = await driver.send("PATCH", f"{WIDGETS}/x", {"spec": {"b": 2}}, headers={"content-type": MERGE})
        assert (response.status, dict(response.headers)["warning"]) == (200, '299 - "spec.a: Invalid value: 1: too small"')
        status, value = await driver.call("PATCH", f"{WIDGETS}/x", {"spec": {"a": 2}}, headers={"content-type": MERGE})
        assert (status, value["details"]["causes"][0]["field"]) == (422, "spec.a")

    serve(test)
