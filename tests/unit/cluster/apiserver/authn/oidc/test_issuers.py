"""Tokens of an issuer against a server that trusts it; the issuer answers over real TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.apiserver.authn.oidc.types import (
    ClaimMappings,
    Issuer,
    JwtAuthenticator,
    PrefixedClaim,
    Trust,
    TrustedIssuer,
)
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.authn.oidc.issuer import LocalIssuer
from tests.unit.cluster.apiserver.authn.signer import Signer
from tests.unit.cluster.apiserver.driver import Driver

WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
RSA, CURVE = Signer("rsa", "one"), Signer("P-256", "two")
Test = Callable[[Driver, LocalIssuer], Awaitable[None]]


def trusted(issuer: LocalIssuer, **changes: Any) -> TrustedIssuer:
    mappings = ClaimMappings(PrefixedClaim("sub", "oidc:"), PrefixedClaim("groups", "oidc:"))
    fields = {"url": issuer.url, "certificate_authority": issuer.authority_pem, "audiences": ("kube",), **changes}
    return TrustedIssuer(JwtAuthenticator(Issuer(**fields), (), mappings), ("RS256", "ES256"))


def run(test: Test, directory: Path, *signers: Signer, **changes: Any) -> None:
    """Run a test against a server that trusts a fresh issuer."""

    async def main() -> None:
        async with LocalIssuer(directory, *(signers or (RSA,))) as issuer:
            server = ApiServer(MemoryStore(), trust=Trust((trusted(issuer, **changes),)))
            await server.start()
            try:
                await test(Driver(server), issuer)
            finally:
                await server.stop()

    asyncio.run(main())


async def who(driver: Driver, token: str) -> tuple[int, Any]:
    status, value = await driver.call("POST", WHO, {}, peer=Peer("test"), headers={"authorization": f"Bearer {token}"})
    return status, value["status"].get("userInfo") if status == 201 else value


def test_a_token_becomes_a_user_with_groups(tmp_path: Path) -> None:
    async def test(driver: Driver, issuer: LocalIssuer) -> None:
        status, user = await who(driver, issuer.token(groups=["dev", "ops"], aud=["other", "kube"]))
        assert (status, user) == (201, {"username": "oidc:jane", "groups": ["oidc:dev", "oidc:ops", "system:authenticated"]})
        for _ in range(20):
            assert (await who(driver, issuer.token()))[0] == 201
        assert issuer.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}

    run(test, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "vault"}, {"aud": None}, {"aud": []}, {"aud": [3]}, {"iss": "https://127.0.0.1:1"}, {"iss": None}, {"iss": ["x"]},
        {"exp": 1}, {"exp": None}, {"exp": "2999"}, {"nbf": 4_000_000_000}, {"sub": None}, {"sub": ""}, {"sub": 3},
        {"groups": [3]},
    ],
)  # fmt: skip
def test_claims_that_are_not_right_let_nobody_in(tmp_path: Path, changes: dict[str, Any]) -> None:
    async def test(driver: Driver, issuer: LocalIssuer) -> None:
        assert (await who(driver, issuer.token(**changes)))[0] == 401
        assert (await who(driver, issuer.token()))[0] == 201

    run(test, tmp_path)


def test_other_keys_and_algorithms_let_nobody_in(tmp_path: Path) -> None:
    async def test(driver: Driver, issuer: LocalIssuer) -> None:
        claims = issuer.claims()
        stranger = Signer("rsa", "one")
        for token in (
            stranger.sign(claims), RSA.sign(claims, "PS256"), RSA.sign(claims, "RS512"), RSA.sign(claims, header={"alg": "none"}),
            RSA.sign(claims).rpartition(".")[0] + ".", RSA.sign(claims, header={"kid": "two"}), CURVE.sign(claims, "ES256"),
        ):  # fmt: skip
            assert (await who(driver, token))[0] == 401
        assert (await who(driver, RSA.sign(claims, header={"kid": ""})))[0] == 201

    run(test, tmp_path)


def test_a_server_that_cannot_verify_its_issuer_lets_nobody_in(tmp_path: Path) -> None:
    async def test(driver: Driver, issuer: LocalIssuer) -> None:
        assert (await who(driver, issuer.token()))[0] == 401
        assert issuer.asked == {}

    run(test, tmp_path, certificate_authority="")


def test_an_issuer_that_says_it_is_another_lets_nobody_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with LocalIssuer(tmp_path, RSA) as issuer:
            issuer.claimed = "https://elsewhere"
            server = ApiServer(MemoryStore(), trust=Trust((trusted(issuer),)))
            await server.start()
            assert (await who(Driver(server), issuer.token()))[0] == 401
            await server.stop()

    asyncio.run(main())


def test_discovery_may_be_somewhere_else(tmp_path: Path) -> None:
    async def main() -> None:
        async with LocalIssuer(tmp_path, RSA) as issuer:
            issuer.claimed = "https://login.example.com"
            where = f"{issuer.url}/.well-known/openid-configuration"
            trust = Trust((trusted(issuer, url=issuer.claimed, discovery_url=where),))
            server = ApiServer(MemoryStore(), trust=trust)
            await server.start()
            assert (await who(Driver(server), issuer.token(iss=issuer.claimed)))[0] == 201
            assert (await who(Driver(server), issuer.token()))[0] == 401
            await server.stop()

    asyncio.run(main())
