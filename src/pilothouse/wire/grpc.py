"""gRPC calls that carry bytes: the channel the etcd engine is given.

grpcio is imported only here and only when a channel is opened; messages are encoded by those who know them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from pilothouse.kit.errors import CallFailed, Invalid, NotSupported

_OPTIONS = (
    ("grpc.max_receive_message_length", -1), ("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 2_000), ("grpc.use_local_subchannel_pool", 1),
)  # fmt: skip


class Credentials(msgspec.Struct, frozen=True):
    """PEM files; without an authority the connection is not encrypted."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class GrpcChannel:
    """A connection to the servers of one service."""

    def __init__(self, target: str, credentials: Credentials | None = None) -> None:
        """Connect to `host:port`, or several with commas, when the first call is made; raises `NotSupported` without grpcio."""
        try:
            import grpc
            import grpc.aio
        except ImportError:
            raise NotSupported("grpcio is not installed", fix="pip install 'pilothouse[etcd]'") from None
        hosts = target.split(",")
        address = f"ipv4:{target}" if len(hosts) > 1 else target
        given = credentials or Credentials()
        self._errors = grpc.aio.AioRpcError
        self._channel: Any
        if given.authority is None:
            self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        else:
            secrets = [None if path is None else _read(path) for path in (given.authority, given.key, given.certificate)]
            self._channel = grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(*secrets), options=_OPTIONS)
        self._methods: dict[str, Any] = {}

    async def call(self, method: str, request: bytes, *, timeout_s: float = 10.0) -> bytes:
        """Return the answer of one call; raises `CallFailed`."""
        known = self._methods.get(method)
        if known is None:
            known = self._methods[method] = self._channel.unary_unary(method)
        try:
            answer: bytes = await known(request, timeout=timeout_s)
        except self._errors as error:
            raise _failed(error) from None
        return answer

    def stream(self, method: str, request: bytes) -> GrpcStream:
        """Open a call with one request that the other side answers for as long as it likes."""
        return GrpcStream(self._channel.stream_stream(method), request, self._errors)

    async def close(self) -> None:
        """End every call and the connection."""
        await self._channel.close(None)


class GrpcStream:
    """The answers to one request."""

    def __init__(self, method: Any, request: bytes, errors: Any) -> None:
        """Call grpcio's method."""
        self._ended, self._errors = asyncio.Event(), errors
        self._call = method(self._requests(request))

    async def _requests(self, request: bytes) -> AsyncIterator[bytes]:
        """Send the one request and keep our side open: whoever closes it ends the call."""
        yield request
        await self._ended.wait()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the messages of the other side; raises `CallFailed` when the call breaks off."""
        try:
            async for message in self._call:
                yield message
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._ended.is_set() or (task is not None and task.cancelling()):
                raise  # it is the reader that is cancelled, not the call
        except self._errors as error:
            if error.code().value[0] != _CANCELLED:
                raise _failed(error) from None

    def cancel(self) -> None:
        """End the call; safe to call twice."""
        self._ended.set()
        self._call.cancel()


_CANCELLED = 1


def _failed(error: Any) -> CallFailed:
    return CallFailed(str(error.details() or error.code().name), code=error.code().value[0])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}") from None
