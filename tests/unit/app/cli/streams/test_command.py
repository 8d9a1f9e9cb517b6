"""`exec`: what the program's channels become here, and exit statuses."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from pilothouse.app.cli.streams.command import converse, exit_status
from pilothouse.wire.websocket import WebSocket
from tests.unit.app.cli.conftest import Verb
from tests.unit.wire.pair import pair

EXITED = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [({"status": "Success"}, 0, ""), (EXITED, 3, ""), ({"status": "Failure", "message": "why"}, 1, "error: why\n")],
)
def test_a_status_is_an_exit_status(status: dict[str, Any], code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(status) == code
    assert capsys.readouterr().err == text


@pytest.mark.parametrize(("end", "code"), [(b"\x03" + json.dumps(EXITED).encode(), 3), (None, 1)])
def test_output_arrives_on_both_streams(end: bytes | None, code: int, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async def run() -> int:
        near, far = pair()
        server = WebSocket(far)
        for message in (b"\x01", b"\x01out\n", b"\x02err\n"):
            await server.send(message)
        await (server.send(end) if end else server.close())
        async with asyncio.timeout(5):
            return await converse(WebSocket(near, is_client=True), has_input=False, is_tty=False)

    assert asyncio.run(run()) == code
    out, err = capfdbinary.readouterr()
    assert out == b"out\n" and err.startswith(b"err\n")


def test_refusals_are_the_servers(verb: Verb) -> None:
    assert 'pods "nobody" not found' in verb("exec", "nobody", "--", "ls")[2]
    assert 'pods "nobody" not found' in verb("attach", "nobody")[2]
