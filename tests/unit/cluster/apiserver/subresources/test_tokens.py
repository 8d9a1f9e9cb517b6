"""Token requests."""

from __future__ import annotations

import pytest

from tests.unit.cluster.apiserver.driver import Driver, serve

ACCOUNT = "/api/v1/namespaces/ns/serviceaccounts/default/token"


def test_a_token_speaks_for_its_account() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        shown = await driver.ok("POST", ACCOUNT, {"spec": {"expirationSeconds": 600}})
        assert shown["spec"]["audiences"] and shown["status"]["expirationTimestamp"]
        review = {"spec": {"token": shown["status"]["token"]}}
        found = await driver.ok("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
        assert found["status"]["user"]["username"] == "system:serviceaccount:ns:default"

    serve(test)


@pytest.mark.parametrize(
    ("spec", "status", "text"),
    [
        ({"expirationSeconds": 5}, 422, "may not specify a duration less than 10 minutes"),
        ({"expirationSeconds": 1 << 33}, 422, "may not specify a duration larger than 2^32 seconds"),
        ({"boundObjectRef": {"kind": "Secret", "name": "gone"}}, 404, 'secrets "gone" not found'),
        ({"boundObjectRef": {"kind": "Deployment", "name": "x"}}, 400, "cannot bind token to object of type"),
    ],
)
def test_requests_that_cannot_be_met(spec: dict[str, object], status: int, text: str) -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        found, value = await driver.call("POST", ACCOUNT, {"spec": spec})
        assert found == status and text in value["message"], value

    serve(test)
