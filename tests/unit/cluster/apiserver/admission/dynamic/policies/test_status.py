"""The status of policies on a server."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.unit.cluster.apiserver.driver import MERGE, Driver, serve

URL = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
RULE = {"operations": ["CREATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}


async def observed(driver: Driver, generation: int) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = await driver.ok("GET", f"{URL}/p")
        if (found.get("status") or {}).get("observedGeneration") == generation:
            return found
        await asyncio.sleep(0)


def test_each_generation_is_checked() -> None:
    async def test(driver: Driver) -> None:
        spec = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "object.foo == 1"}]}
        await driver.ok("POST", URL, {"metadata": {"name": "p"}, "spec": spec})
        found = await observed(driver, 1)
        (warning,) = found["status"]["typeChecking"]["expressionWarnings"]
        assert warning["fieldRef"] == "spec.validations[0].expression" and "undefined field 'foo'" in warning["warning"]
        change = {"spec": {"validations": [{"expression": "object.spec.replicas == 1"}]}}
        await driver.ok("PATCH", f"{URL}/p", change, headers={"content-type": MERGE})
        assert (await observed(driver, 2))["status"]["typeChecking"] == {}

    serve(test)
