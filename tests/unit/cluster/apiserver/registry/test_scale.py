"""The scale of custom resources."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import MERGE, Driver, crd, established, serve

WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
BODY = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}}


def test_replicas_nobody_set_can_be_set_but_not_read() -> None:
    async def test(driver: Driver) -> None:
        scale = {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}
        await established(driver, crd(spec={"replicas": {"type": "integer"}}, subresources={"scale": scale}))
        await driver.ok("POST", WIDGETS, BODY)
        status, value = await driver.call("GET", f"{WIDGETS}/x/scale")
        assert status == 500
        assert 'the spec replicas field ".spec.replicas" does not exist' in value["message"]
        await driver.ok("PATCH", f"{WIDGETS}/x/scale", {"spec": {"replicas": 2}}, headers={"content-type": MERGE})
        found = await driver.ok("GET", f"{WIDGETS}/x")
        assert found["spec"] == {"replicas": 2}
        assert [entry.get("subresource") for entry in found["metadata"].get("managedFields", [])] == []
        await driver.ok("POST", WIDGETS, {**BODY, "metadata": {"name": "y"}, "spec": {"replicas": 1}})
        await driver.ok("PATCH", f"{WIDGETS}/y/scale", {"spec": {"replicas": 2}}, headers={"content-type": MERGE})
        found = await driver.ok("GET", f"{WIDGETS}/y")
        assert "scale" in [entry.get("subresource") for entry in found["metadata"]["managedFields"]]

    serve(test)
