"""Bootstrap tokens."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver, serve

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
SECRETS = "/api/v1/namespaces/kube-system/secrets"
TOKEN = "abcdef.0123456789abcdef"


def _secret(**changes: Any) -> dict[str, Any]:
    data = {
        "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
        "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token", "expiration": "2999-01-01T00:00:00Z", **changes,
    }  # fmt: skip
    kept = {key: value for key, value in data.items() if value is not None}
    return {"metadata": {"name": "bootstrap-token-abcdef"}, "type": "bootstrap.kubernetes.io/token", "stringData": kept}


async def _who(driver: Driver, token: str = TOKEN) -> tuple[int, Any]:
    return await driver.call("POST", WHO, {}, peer=Peer("test"), headers={"authorization": f"Bearer {token}"})


def test_a_token_is_a_bootstrapper_and_no_more_after_its_secret() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SECRETS, _secret())
        status, value = await _who(driver)
        assert status == 201
        assert value["status"]["userInfo"] == {
            "username": "system:bootstrap:abcdef",
            "groups": ["system:bootstrappers", "system:bootstrappers:kubeadm:default-node-token", "system:authenticated"],
        }
        review = {"spec": {"token": TOKEN}}
        shown = await driver.ok("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
        assert shown["status"]["authenticated"] is True
        review["spec"]["audiences"] = ["vault"]  # type: ignore[assignment]
        shown = await driver.ok("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
        assert not shown["status"].get("authenticated")
        await driver.ok("DELETE", f"{SECRETS}/bootstrap-token-abcdef")
        assert (await _who(driver))[0] == 401

    serve(test)


@pytest.mark.parametrize(
    "changes",
    [
        {"expiration": "2020-01-01T00:00:00Z"}, {"expiration": "soon"}, {"usage-bootstrap-authentication": "yes"},
        {"usage-bootstrap-authentication": None}, {"token-id": "other1"}, {"token-secret": "fedcba9876543210"},
        {"auth-extra-groups": "system:masters"}, {"auth-extra-groups": "system:bootstrappers:a,system:bootstrappers:B"},
    ],
)  # fmt: skip
def test_a_secret_that_is_not_right_lets_nobody_in(changes: dict[str, Any]) -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SECRETS, _secret(**changes))
        assert (await _who(driver))[0] == 401

    serve(test)


def test_only_the_right_type_and_form_count() -> None:
    async def test(driver: Driver) -> None:
        await driver.ok("POST", SECRETS, {**_secret(), "type": "Opaque"})
        for token in (TOKEN, "abcdef.0123456789abcdeg", "ABCDEF.0123456789ABCDEF", "abcdef."):
            assert (await _who(driver, token))[0] == 401

    serve(test)
