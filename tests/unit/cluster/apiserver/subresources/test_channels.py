"""What goes on the error channel, and streams an old client must not open."""

from __future__ import annotations

import asyncio

import pytest

from pilothouse.cluster.apiserver.subresources.channels import SpdyClient, error_text
from pilothouse.cluster.apiserver.subresources.remotecommand import failure, status_of
from pilothouse.wire.spdy.session import Session, Stream
from tests.unit.wire.pair import pair


def test_the_error_channel_is_a_status_or_a_sentence() -> None:
    assert error_text(status_of(["x"], 0), "v4.channel.k8s.io") == b'{"metadata":{},"status":"Success"}'
    assert error_text(status_of(["x"], 0), "channel.k8s.io") == b""
    assert error_text(failure("why"), "base64.channel.k8s.io") == b"Internal error occurred: why"


def stream(number: int, kind: str) -> Stream:
    return Stream(Session(pair()[0], lambda stream: None), number, {"streamtype": kind})


def test_a_spdy_client_opens_each_stream_once() -> None:
    async def run() -> None:
        client = SpdyClient("v4.channel.k8s.io", frozenset(("stdout", "tty")))
        for number, kind in enumerate(("error", "stdout")):
            client.opened(stream(number, kind))
        assert not client.is_ready.is_set()
        for wrong in ("stdout", "stdin", ""):
            with pytest.raises(ValueError, match="unexpected stream"):
                client.opened(stream(9, wrong))
        client.opened(stream(5, "resize"))
        assert client.is_ready.is_set()

    asyncio.run(run())
