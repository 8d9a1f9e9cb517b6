"""Asking webhooks: refusals, failures that may be missed, conditions that cannot be told."""

from __future__ import annotations

from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.hookserver import allow, deny, hooks, patch

MAPS = "/api/v1/namespaces/default/configmaps"


def test_the_first_refusal_in_order_counts() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as served:
            served.answers |= {"/a": deny("first"), "/b": deny("second")}
            await served.register("validating", "h", served.hook("/a", "configmaps"), served.hook("/b", "configmaps"))
            status, body = await driver.call("POST", MAPS, {"metadata": {"name": "x"}})
        assert status == 400 and body["message"] == 'admission webhook "a.example.com" denied the request: first'

    serve(test)


def test_a_condition_that_cannot_be_told_follows_the_failure_policy() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as served:
            served.answers |= {"/a": allow}
            conditions = [{"name": "c", "expression": "object.missing == 1"}]
            for kind in ("mutating", "validating"):
                hook = served.hook("/a", "configmaps", matchConditions=conditions)
                await served.register(kind, "h", hook)
                assert (await driver.call("POST", MAPS, {"metadata": {"name": "x"}}))[0] == 403
                path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/h"
                await driver.ok("DELETE", path)
                await served.register(kind, "h", {**hook, "failurePolicy": "Ignore"})
                await driver.ok("POST", MAPS, {"metadata": {"name": kind}})
                await driver.ok("DELETE", path)
            assert served.asked == []

    serve(test)


def test_a_patch_of_what_is_deleted_is_an_error() -> None:
    async def test(driver: Driver) -> None:
        async with hooks(driver) as served:
            served.answers["/a"] = patch({"op": "add", "path": "/data", "value": {}})
            await driver.ok("POST", MAPS, {"metadata": {"name": "x"}})
            await served.register("mutating", "h", served.hook("/a", "configmaps", operations=("DELETE",)))
            status, body = await driver.call("DELETE", f"{MAPS}/x")
        assert status == 500 and "attempted to modify the object, which is not supported" in body["message"]

    serve(test)
