"""Calls to servers of others: reuse, trust, and how failures are worded."""

from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest

from pilothouse.cluster.apiserver.http import outgoing
from pilothouse.cluster.apiserver.http.outgoing import CallFailed, Outgoing, Server, server_of
from pilothouse.wire import tls
from pilothouse.wire.http.messages import Request, Response
from tests.unit.cluster.apiserver.driver import Driver, serve
from tests.unit.cluster.apiserver.hookserver import authority, bundle, https_server


async def echo(request: Request) -> Response:
    return Response(
        200, json.dumps({"path": request.path, "host": request.header("host"), "query": dict(request.query)}).encode()
    )


def test_a_server_is_called_again_on_the_same_connection() -> None:
    async def test(driver: Driver) -> None:
        calls = Outgoing(driver.server.backend)
        async with https_server(echo) as port:
            server = server_of({"url": f"https://127.0.0.1:{port}/a/b", "caBundle": bundle()})
            found = await calls.post(server, {}, 7)
            assert found == {"path": "/a/b", "host": f"127.0.0.1:{port}", "query": {"timeout": "7s"}}
            first = calls.transport(server)
            assert await calls.post(server, {}) and calls.transport(server) is first
            await calls.close()

    serve(test)


def test_a_server_that_hangs_up_is_asked_once_more() -> None:
    async def test(driver: Driver) -> None:
        count = 0

        async def serve_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            await reader.readuntil(b"\r\n\r\n")
            if count % 2 == 0:
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            writer.close()

        listener = await asyncio.start_server(serve_once, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        calls = Outgoing(driver.server.backend)
        assert await calls.post(Server(f"http://127.0.0.1:{port}/"), {}) == {} and count == 2
        count = 1
        assert await calls.post(Server(f"http://127.0.0.1:{port}/"), {}) == {} and count == 2
        listener.close()

    serve(test)


def test_what_is_shown_of_a_service() -> None:
    config = {"service": {"name": "s", "namespace": "n", "path": "/x"}}
    assert server_of(config).url == "https://s.n.svc:443/x" and server_of(config).service == ("n", "s", 443)
    with pytest.raises(CallFailed, match="either service or URL"):
        server_of({})
    with pytest.raises(CallFailed, match="unable to load root certificates"):
        server_of({"url": "https://x", "caBundle": "x"})


def test_failures_are_worded_as_clients_know_them() -> None:
    other = tls.create_authority("other", time.time())

    async def test(driver: Driver) -> None:
        calls = Outgoing(driver.server.backend)

        async def failure(server: Server) -> str:
            with pytest.raises(CallFailed) as error:
                await calls.post(server, {})
            return error.value.message

        async with https_server(echo) as port:
            url = f"https://127.0.0.1:{port}/x"
            text = await failure(Server(url, other.certificate_pem))
            assert text == f'Post "{url}": tls: failed to verify certificate: x509: certificate signed by unknown authority'
            text = await failure(Server(f"https://localhost:{port}/x", authority().certificate_pem))
            assert text.endswith("x509: certificate is not valid for localhost")
            assert (await calls.post(Server(url, b"", True), {}))["path"] == "/x"
            assert "unable to load root certificates" in await failure(Server(url, base64.b64encode(b"nonsense")))
        assert await failure(Server(url, b"", True)) == f'Post "{url}": dial tcp 127.0.0.1:{port}: connect: connection refused'

    serve(test)


def test_long_answers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_ANSWER", 1000)

    async def test(driver: Driver) -> None:
        async def long(_: Request) -> Response:
            return Response(200, b'"' + b"x" * 2000 + b'"')

        async with https_server(long) as port:
            with pytest.raises(CallFailed, match="longer than 1000 bytes"):
                await Outgoing(driver.server.backend).post(Server(f"https://127.0.0.1:{port}/", b"", True), {})

    serve(test)
