"""Which source a bearer token is looked up in, and for whom it is."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.cluster.apiserver import ApiServer, Config
from pilothouse.cluster.apiserver.authn.oidc.types import Anonymous, AnonymousCondition, Trust
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver, serve

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"
CONFIG = Config(tokens={"s3cret": ("jane", "7", ("dev",))})


async def _review(driver: Driver, token: str, *audiences: str) -> Any:
    return (await driver.ok("POST", REVIEW, {"spec": {"token": token, "audiences": list(audiences)}}))["status"]


def test_a_static_token_is_its_user_here_and_nobody_elsewhere() -> None:
    async def test(driver: Driver) -> None:
        headers = {"authorization": "Bearer s3cret"}
        status, value = await driver.call("POST", WHO, {}, peer=Peer("test"), headers=headers)
        assert status == 201
        assert value["status"]["userInfo"] == {"username": "jane", "uid": "7", "groups": ["dev", "system:authenticated"]}
        own = CONFIG.issuer
        assert (await _review(driver, "s3cret"))["audiences"] == [own]
        assert (await _review(driver, "s3cret", "vault", own))["audiences"] == [own]
        assert not (await _review(driver, "s3cret", "vault")).get("authenticated")
        assert not (await _review(driver, "S3CRET")).get("authenticated")

    serve(test, CONFIG)


def test_a_review_tells_only_the_audiences_that_are_the_tokens() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        path = "/api/v1/namespaces/ns/serviceaccounts/default/token"
        made = await driver.ok("POST", path, {"spec": {"audiences": ["vault", "db"]}})
        status = await _review(driver, made["status"]["token"], "mail", "db")
        assert status["authenticated"] is True and status["audiences"] == ["db"]
        assert "is invalid for the target audiences" in (await _review(driver, made["status"]["token"]))["error"]

    serve(test)


def test_a_certificate_goes_before_a_token() -> None:
    async def test(driver: Driver) -> None:
        peer = Peer("test", "joe", ("ops",))
        status, value = await driver.call("POST", WHO, {}, peer=peer, headers={"authorization": "Bearer wrong"})
        assert status == 201 and value["status"]["userInfo"]["username"] == "joe"

    serve(test, CONFIG)


def test_who_shows_nothing_may_be_sent_away() -> None:
    async def main() -> None:
        conditions = (AnonymousCondition("/livez"),)
        for anonymous, wanted in ((Anonymous(enabled=False), [401, 401]), (Anonymous(conditions=conditions), [200, 401])):
            server = ApiServer(MemoryStore(), trust=Trust(anonymous=anonymous))
            await server.start()
            driver = Driver(server)
            paths = ("/livez", "/readyz")
            assert [(await driver.send("GET", path, peer=Peer("test"))).status for path in paths] == wanted
            await server.stop()

    asyncio.run(main())
