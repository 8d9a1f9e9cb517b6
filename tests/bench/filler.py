"""Creates many ConfigMaps over one platform's API: `python -m tests.bench.filler PORT PATH TOKEN_FILE COUNT SIZE`."""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
from pathlib import Path

import uvloop

AT_ONCE = 32


async def _one(port: int, path: str, token: str, names: list[int], size: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=ssl._create_unverified_context())
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    text = "x" * size
    while names:
        body = f'{{"metadata":{{"name":"filled-{names.pop()}"}},"data":{{"text":"{text}","sent":"{time.monotonic_ns()}"}}}}'
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        status, _, rest = answer.partition(b"\r\n")
        assert b" 201 " in status, answer
        length = next(int(line[15:]) for line in rest.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
    writer.close()


async def run(port: int, path: str, token: str, count: int, size: int) -> None:
    """Share the names among the connections."""
    names = list(range(count))
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(_one(port, path, token, names, size))


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_text(), int(sys.argv[4]), int(sys.argv[5])))
