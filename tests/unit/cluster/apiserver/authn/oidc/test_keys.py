"""When the keys of an issuer are fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pilothouse.cluster.apiserver.authn.oidc.keys import REFRESH_S, RETRY_S, KeySet
from pilothouse.cluster.apiserver.authn.oidc.types import Issuer
from pilothouse.kit.aio import TaskScope
from tests.unit.cluster.apiserver.authn.oidc.issuer import LocalIssuer
from tests.unit.cluster.apiserver.authn.signer import Signer

OLD, NEW = Signer("P-256", "old"), Signer("P-256", "new")


class _Hands:
    """A clock whose hands are moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, delay_s: float) -> None:
        self.at += delay_s


def run(test: Callable[[KeySet, LocalIssuer, _Hands], Awaitable[None]], directory: Path) -> None:
    async def main() -> None:
        clock = _Hands()
        async with LocalIssuer(directory, OLD) as issuer, TaskScope("test") as scope:
            spec = Issuer(issuer.url, certificate_authority=issuer.authority_pem, audiences=("kube",))
            await test(KeySet(spec, clock, scope), issuer, clock)

    asyncio.run(main())


async def ids(keys: KeySet, key_id: str) -> list[str]:
    return [key.key_id for key in await keys.candidates(key_id)]


def test_a_new_key_is_found_but_unknown_ones_cost_no_fetch_each(tmp_path: Path) -> None:
    async def test(keys: KeySet, issuer: LocalIssuer, clock: _Hands) -> None:
        assert await ids(keys, "old") == ["old"]
        issuer.signers = [NEW]
        for number in range(50):
            assert await ids(keys, f"made-up-{number}") == []
        assert issuer.asked["/keys"] == 1
        clock.at += RETRY_S
        assert await asyncio.gather(*(ids(keys, "new") for _ in range(20))) == [["new"]] * 20
        assert issuer.asked["/keys"] == 2
        assert await ids(keys, "old") == []

    run(test, tmp_path)


def test_keys_outlive_an_issuer_that_is_down_and_come_when_it_is_back(tmp_path: Path) -> None:
    async def test(keys: KeySet, issuer: LocalIssuer, clock: _Hands) -> None:
        issuer.is_down = True
        assert await ids(keys, "old") == []
        issuer.is_down = False
        assert await ids(keys, "old") == []
        clock.at += RETRY_S
        assert await ids(keys, "old") == ["old"]
        issuer.is_down = True
        clock.at += RETRY_S
        assert await ids(keys, "new") == []
        assert await ids(keys, "old") == ["old"]

    run(test, tmp_path)


def test_keys_in_use_are_fetched_again_in_the_background(tmp_path: Path) -> None:
    async def test(keys: KeySet, issuer: LocalIssuer, clock: _Hands) -> None:
        assert await ids(keys, "old") == ["old"]
        issuer.signers = [NEW]
        clock.at += REFRESH_S
        assert await ids(keys, "old") == ["old"]
        async with asyncio.timeout(10):
            while issuer.asked["/keys"] < 2:
                await asyncio.sleep(0.005)
            await keys.refresh()  # waits for the one under way
        assert await ids(keys, "old") == []

    run(test, tmp_path)
