"""ServiceAccount tokens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.cluster.apiserver.authn.accounts import TRUSTED_S
from pilothouse.kit.clock import Entropy, ManualClock
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver
from tests.unit.store.test_expiry import SettableClock

NOBODY = Peer("test")
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


async def _token(driver: Driver, **spec: Any) -> str:
    made = await driver.ok("POST", "/api/v1/namespaces/ns/serviceaccounts/default/token", {"spec": spec})
    token: str = made["status"]["token"]
    return token


async def _who(driver: Driver, token: str) -> tuple[int, Any]:
    return await driver.call("POST", WHO, {}, peer=NOBODY, headers={"authorization": f"Bearer {token}"})


def test_a_token_names_its_account_until_it_expires() -> None:
    async def main() -> None:
        clock = ManualClock()
        server = ApiServer(MemoryStore(clock), clock=clock, entropy=Entropy(2))
        server.custom.start = _nothing  # type: ignore[method-assign]
        await server.start()
        driver = Driver(server)
        await driver.namespace("ns")
        token = await _token(driver, expirationSeconds=600)
        status, value = await _who(driver, token)
        assert status == 201 and value["status"]["userInfo"]["username"] == "system:serviceaccount:ns:default"
        assert (await _who(driver, token[:-4] + "AAAA"))[0] == 401
        assert (await _who(driver, "a.b.c"))[0] == 401
        other = await _token(driver, audiences=["other"])
        assert (await _who(driver, other))[0] == 401
        await clock.advance(700)
        assert (await _who(driver, token))[0] == 401
        await server.stop()

    asyncio.run(main())


def test_a_token_dies_with_its_account() -> None:
    async def main() -> None:
        server = ApiServer(MemoryStore())
        await server.start()
        driver = Driver(server)
        await driver.namespace("ns")
        token = await _token(driver)
        assert (await _who(driver, token))[0] == 201
        await driver.ok("DELETE", "/api/v1/namespaces/ns/serviceaccounts/default")
        assert (await _who(driver, token))[0] == 401
        await server.stop()

    asyncio.run(main())


@pytest.mark.parametrize(("jump_s", "status"), [(-3600.0, 401), (-50.0, 201), (50.0, 201), (3600.0, 401)])
def test_tokens_go_by_the_wall_clock_a_minute_aside_and_are_not_trusted_longer_when_it_is_set(jump_s: float, status: int) -> None:
    async def main() -> None:
        clock = SettableClock()
        server = ApiServer(MemoryStore(clock), clock=clock, entropy=Entropy(2))
        server.custom.start = _nothing  # type: ignore[method-assign]
        await server.start()
        driver = Driver(server)
        await driver.namespace("ns")
        token = await _token(driver, expirationSeconds=600)
        assert (await _who(driver, token))[0] == 201
        clock.ahead_s = jump_s
        await clock.advance(TRUSTED_S + 1)
        assert (await _who(driver, token))[0] == status
        await server.stop()

    asyncio.run(main())


async def _nothing() -> None:
    """Definitions are not followed: their pauses would wait for the manual clock."""
