"""gRPC calls against a real server of grpcio."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pilothouse.kit.errors import CallFailed, NotSupported, PilothouseError
from pilothouse.wire.grpc import Credentials, GrpcChannel

grpc = pytest.importorskip("grpc")
grpc_aio = pytest.importorskip("grpc.aio")


async def double(request: bytes, context: Any) -> bytes:
    if request == b"bad":
        await context.abort(grpc.StatusCode.OUT_OF_RANGE, "too old")
    return request * 2


async def count(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        for number in range(3):
            yield b"%b%d" % (request, number)
        if request == b"break":
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Two methods that take and give bytes."""

    def service(self, details: Any) -> Any:
        if details.method.endswith("Double"):
            return grpc.unary_unary_rpc_method_handler(double)
        return grpc.stream_stream_rpc_method_handler(count)


def served(test: Callable[[GrpcChannel], Awaitable[None]]) -> None:
    async def run() -> None:
        server = grpc_aio.server()
        server.add_generic_rpc_handlers((Service(),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        channel = GrpcChannel(f"127.0.0.1:{port}")
        try:
            async with asyncio.timeout(20):
                await test(channel)
        finally:
            await channel.close()
            await server.stop(None)

    asyncio.run(run())


def test_calls_and_their_failures() -> None:
    async def test(channel: GrpcChannel) -> None:
        assert await channel.call("/s/Double", b"ab") == b"abab"
        assert await channel.call("/s/Double", b"ab") == b"abab"
        with pytest.raises(CallFailed, match="too old") as failed:
            await channel.call("/s/Double", b"bad")
        assert failed.value.code == 11

    served(test)


def test_streams_end_when_either_side_ends_them() -> None:
    async def test(channel: GrpcChannel) -> None:
        stream = channel.stream("/s/Count", b"x")
        seen = []
        async for message in stream:
            seen.append(message)
            if len(seen) == 3:
                stream.cancel()
        assert seen == [b"x0", b"x1", b"x2"]
        stream.cancel()
        with pytest.raises(CallFailed, match="going away"):
            async for message in channel.stream("/s/Count", b"break"):
                seen.append(message)
        assert len(seen) == 6
        reader = asyncio.ensure_future(anext(aiter(channel.stream("/s/Count", b""))))
        await asyncio.sleep(0)
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    served(test)


def test_nobody_there() -> None:
    async def run() -> None:
        channel = GrpcChannel("127.0.0.1:1")
        with pytest.raises(CallFailed) as failed:
            await channel.call("/s/Double", b"", timeout_s=2)
        assert failed.value.code in (4, 14)
        await channel.close()

    asyncio.run(run())


def test_without_grpcio_the_hint_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.startswith("grpc"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(NotSupported, match=r"pip install 'pilothouse\[etcd\]'"):
        GrpcChannel("127.0.0.1:1")


def test_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PilothouseError, match="cannot be read"):
        GrpcChannel("127.0.0.1:1", Credentials(tmp_path / "none"))
