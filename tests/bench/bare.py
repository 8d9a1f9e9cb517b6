"""The peer of the API server: a responder that does nothing but parse HTTP over TLS and answer the same bytes.

Started as a program of its own: `python -m tests.bench.bare CERT KEY PORT BODY_BYTES`. It is the ceiling of what Python with
uvloop and httptools can serve on this machine, so a ratio against it says what our own layers cost.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

import httptools
import uvloop


class Responder(asyncio.Protocol):
    """Answers every request with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Answer."""
        self.transport.write(self.answer)  # type: ignore[attr-defined]


async def serve(certificate: str, key: str, port: int, size: int) -> None:
    """Serve until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    server = await asyncio.get_running_loop().create_server(lambda: Responder(answer), "127.0.0.1", port, ssl=context)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
