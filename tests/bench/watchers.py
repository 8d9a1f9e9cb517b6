"""Many watchers in one program: `python -m tests.bench.watchers PORT PATH TOKEN_FILE COUNT EVENTS`.

Each has its own TLS connection. It prints `ready` once every watch is open, then a line of JSON when every watcher has seen
EVENTS events: how many arrived, and how long each took from the moment written in it (`"sent":"<monotonic ns>"`).
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import time
from pathlib import Path

import uvloop

_SENT = re.compile(rb'"sent":"(\d+)"')
AT_ONCE = 50
"""How many connections are opened at a time: handshakes are not what is measured."""


class Watcher(asyncio.Protocol):
    """One watch, read as bytes."""

    def __init__(self, request: bytes, delays_ns: list[int], wanted: int) -> None:
        self.request, self.delays_ns, self.wanted = request, delays_ns, wanted
        self.seen = 0
        self.opened, self.done = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Note when each event arrived."""
        now = time.monotonic_ns()
        self.opened.set()
        for sent in _SENT.findall(data):
            self.delays_ns.append(now - int(sent))
            self.seen += 1
        if self.seen >= self.wanted:
            self.done.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Let nobody wait for what cannot come."""
        self.opened.set()
        self.done.set()


async def run(port: int, path: str, token: str, count: int, events: int) -> None:
    """Open the watches, wait, report."""
    context = ssl._create_unverified_context()
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n".encode()
    delays_ns: list[int] = []
    watchers = [Watcher(request, delays_ns, events) for _ in range(count)]
    loop = asyncio.get_running_loop()
    for first in range(0, count, AT_ONCE):
        group = watchers[first : first + AT_ONCE]
        for watcher in group:
            await loop.create_connection(lambda made=watcher: made, "127.0.0.1", port, ssl=context)  # type: ignore[misc]
        for watcher in group:
            await watcher.opened.wait()
    print("ready", flush=True)
    for watcher in watchers:
        await watcher.done.wait()
    delays_ns.sort()
    expected = count * events
    shares = {f"p{share}": delays_ns[int(len(delays_ns) * share / 100)] / 1e6 for share in (50, 99)} if delays_ns else {}
    print(json.dumps({"seen": sum(watcher.seen for watcher in watchers), "expected": expected, **shares}), flush=True)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_text(), int(sys.argv[4]), int(sys.argv[5])))
