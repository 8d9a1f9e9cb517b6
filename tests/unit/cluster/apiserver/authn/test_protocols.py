"""Tokens in the subprotocols of a WebSocket handshake."""

from __future__ import annotations

import pytest

from pilothouse.cluster.apiserver import Config
from pilothouse.cluster.apiserver.authn.jws import b64
from pilothouse.cluster.apiserver.authn.protocols import PREFIX, take_protocol_token
from pilothouse.wire.http.messages import Peer, Request
from tests.unit.cluster.apiserver.driver import Driver, serve

TOKEN = PREFIX + b64(b"s3cret")


@pytest.mark.parametrize(
    ("offered", "token", "left"),
    [
        (f"v4.channel.k8s.io, {TOKEN}", "s3cret", "v4.channel.k8s.io"), (f"{TOKEN},a,b", "s3cret", "a, b"), ("a", "", "a"),
        (TOKEN, "", ""), (f"a, {TOKEN}, {TOKEN}x", "", "a"), (f"a, {PREFIX}!", "", "a"), (f"a, {PREFIX}_w", "", "a"),
    ],
)  # fmt: skip
def test_a_token_is_taken_out_of_the_offer(offered: str, token: str, left: str) -> None:
    request = Request("GET", "/", headers={"sec-websocket-protocol": offered})
    assert take_protocol_token(request) == token
    assert request.headers["sec-websocket-protocol"] == left


def test_a_handshake_logs_in_and_nothing_else_does() -> None:
    async def test(driver: Driver) -> None:
        async def status(protocols: str, *, can_upgrade: bool = True) -> int:
            headers = {"sec-websocket-protocol": protocols, "upgrade": "websocket"}
            request = Request("GET", "/api/v1/namespaces", headers=headers, peer=Peer("test"), can_upgrade=can_upgrade)
            return (await driver.server.handle(request)).status

        assert await status(f"a, {TOKEN}") == 200
        assert await status(f"a, {TOKEN}", can_upgrade=False) == 403
        assert await status(f"a, {PREFIX}{b64(b'wrong')}") == 401
        assert await status(f"a, {PREFIX}!") == 401
        assert await status("a") == 403

    serve(test, Config(tokens={"s3cret": ("root", "", ("system:masters",))}))
