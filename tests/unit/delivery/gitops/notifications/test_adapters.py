"""Deliveries to real servers."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pilothouse.delivery.gitops.errors import NotificationFailed, NotificationInvalid
from pilothouse.delivery.gitops.notifications.adapters.delivery import Delivery
from pilothouse.delivery.gitops.notifications.engine.settings import Service
from pilothouse.kit.clock import SystemClock
from pilothouse.wire.http.messages import Request, Response
from pilothouse.wire.http.server import HttpServer
from tests.unit.delivery.gitops.adapters.health.servers import closed_port
from tests.unit.delivery.gitops.notifications.servers import mailbox


class Desk:
    """An HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.answers: list[tuple[int, bytes]] = []

    async def answer(self, request: Request) -> Response:
        self.requests.append(request)
        status, body = self.answers.pop(0) if self.answers else (200, b'{"ok": true}')
        return Response(status, body)


def at_a_desk(scenario: Callable[[Desk], Awaitable[None]]) -> None:
    async def run() -> None:
        desk = Desk()
        server = HttpServer(desk.answer)
        desk.url = f"http://127.0.0.1:{await server.start('127.0.0.1', 0)}"
        try:
            await scenario(desk)
        finally:
            await server.stop(0.0)

    asyncio.run(run())


async def deliver(kind: str, options: dict[str, Any], message: dict[str, Any], recipient: str = "ops") -> None:
    await Delivery(SystemClock()).deliver(Service("own", kind, options), recipient, message)


def test_webhook() -> None:
    async def scenario(desk: Desk) -> None:
        options = {
            "url": f"{desk.url}/hook/", "headers": [{"name": "X-Token", "value": "t"}],
            "basicAuth": {"username": "u", "password": "p"}, "retryWaitMin": "10ms",
        }  # fmt: skip
        desk.answers = [(503, b""), (200, b"")]
        await deliver("webhook", options, {"webhook": {"method": "POST", "path": "/a?b=c", "body": "{}"}, "message": "m"})
        assert len(desk.requests) == 2
        got = desk.requests[1]
        assert (got.method, got.path, got.query, got.body) == ("POST", "/hook/a", [("b", "c")], b"{}")
        assert (got.headers["x-token"], got.headers["authorization"]) == ("t", "Basic dTpw")
        await deliver("webhook", {"url": desk.url}, {"message": "m"})
        assert (desk.requests[2].method, desk.requests[2].body) == ("GET", b"m")
        desk.answers = [(403, b"not you")]
        with pytest.raises(NotificationFailed, match="HTTP 403: not you"):
            await deliver("webhook", options, {"message": "m"})
        with pytest.raises(NotificationFailed, match="HTTP 500"):
            desk.answers = [(500, b"")] * 3
            await deliver("webhook", {**options, "retryMax": 2}, {"message": "m"})
        with pytest.raises(NotificationFailed, match="does not answer"):
            gone = f"http://127.0.0.1:{await closed_port()}"
            await deliver("webhook", {"url": gone, "retryMax": 1, "retryWaitMin": "1ms"}, {})
        for url in ("", "ftp://x", "http://a b"):
            with pytest.raises(NotificationInvalid):
                await deliver("webhook", {"url": url, "retryMax": 1}, {})

    at_a_desk(scenario)


def test_slack() -> None:
    async def scenario(desk: Desk) -> None:
        options = {"token": "xoxb", "apiURL": f"{desk.url}/api", "username": "bot", "icon": ":ship:"}
        own = {"attachments": '[{"title": "shop"}]'}
        await deliver("slack", options, {"message": "hi", "slack": own}, "releases")
        (got,) = desk.requests
        assert (got.path, got.headers["authorization"]) == ("/api/chat.postMessage", "Bearer xoxb")
        assert json.loads(got.body) == {
            "channel": "releases", "text": "hi", "attachments": [{"title": "shop"}], "username": "bot", "icon_emoji": ":ship:",
        }  # fmt: skip
        desk.answers = [(200, b'{"ok": false, "error": "channel_not_found"}')]
        with pytest.raises(NotificationFailed, match="channel_not_found"):
            await deliver("slack", options, {"message": "hi"})
        with pytest.raises(NotificationInvalid, match=r"slack\.blocks"):
            await deliver("slack", options, {"slack": {"blocks": "{"}})
        await deliver("webhook", {"url": f"{desk.url}/services/T0"}, {"webhook": {"method": "POST", "body": '{"text": "hi"}'}})
        assert desk.requests[-1].path == "/services/T0"

    at_a_desk(scenario)


def test_teams() -> None:
    async def scenario(desk: Desk) -> None:
        options = {"recipientUrls": {"ops": f"{desk.url}/card"}}
        own = {"title": "T", "facts": '[{"name": "a", "value": "b"}]', "potentialAction": "[{}]", "themeColor": "#f00"}
        desk.answers = [(200, b"1")]
        await deliver("teams", options, {"message": "hi", "teams": own})
        card = json.loads(desk.requests[0].body)
        assert (card["@type"], card["title"], card["text"]) == ("MessageCard", "T", "hi")
        assert card["sections"] == [{"facts": [{"name": "a", "value": "b"}]}]
        await deliver("teams", options, {"teams": {"template": '{"own": 1}'}})
        assert desk.requests[1].body == b'{"own": 1}'
        desk.answers = [(200, b"Webhook message delivery failed with error: 429")]
        with pytest.raises(NotificationFailed, match="429"):
            await deliver("teams", options, {})
        with pytest.raises(NotificationInvalid, match="recipientUrls"):
            await deliver("teams", options, {}, "others")

    at_a_desk(scenario)


def test_mail() -> None:
    async def run() -> None:
        async with mailbox() as box:
            options = {"host": "127.0.0.1", "port": box.port, "from": "pilothouse@example.com"}
            message = {"message": "text", "email": {"subject": "shop is\ndegraded", "body": ".dots\nümlaut"}}
            await deliver("email", options, message, "me@example.com")
            (mail,) = box.mails
            assert (mail["To"], mail["Subject"], mail.get_content().split()) == (
                "me@example.com",
                "shop is degraded",
                [".dots", "ümlaut"],
            )
            await deliver("email", {**options, "html": True}, {"message": "<b>hi</b>"}, "me@example.com")
            assert box.mails[1].get_content_type() == "text/html"
            box.refuses = True
            with pytest.raises(NotificationFailed, match="does not take the mail"):
                await deliver("email", options, message, "me@example.com")
        with pytest.raises(NotificationFailed):
            await deliver("email", {**options, "port": await closed_port()}, message, "me@example.com")
        with pytest.raises(NotificationInvalid):
            await deliver("email", {**options, "port": "many"}, message, "me@example.com")
        with pytest.raises(NotificationInvalid):
            await deliver("email", options, message, "me@example.com\nBcc: you@example.com")

    asyncio.run(run())
