"""The peer of durable creates: raw puts into a real etcd, 64 at a time, from a gRPC client in a program of its own.

`python -m tests.bench.etcd HOST:PORT SECONDS TAG` prints puts per second. The client takes a good part of one core, as `wrk` does
not; that is noted with the row.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

from pilothouse.wire.grpc import GrpcChannel

AT_ONCE = 64
VALUE = b"x" * 1024


def put_request(key: bytes, value: bytes) -> bytes:
    """Return etcdserverpb.PutRequest; the key is shorter than 128 bytes, the value longer than that and below 16 KB."""
    return b"\x0a%c%b\x12%c%c%b" % (len(key), key, len(value) & 127 | 128, len(value) >> 7, value)


async def run(target: str, seconds: float, tag: str) -> None:
    """Put for some seconds."""
    channel, count, end = GrpcChannel(target), 0, time.perf_counter() + seconds

    async def puts(number: int) -> None:
        nonlocal count
        mine = 0
        while time.perf_counter() < end:
            await channel.call("/etcdserverpb.KV/Put", put_request(f"{tag}/{number}/{mine}".encode(), VALUE))
            mine += 1
            count += 1

    async with asyncio.TaskGroup() as group:
        for number in range(AT_ONCE):
            group.create_task(puts(number))
    print(count / seconds, flush=True)
    await channel.close()


def rate(target: str, seconds: float, tag: str) -> float:
    """Return puts per second of one run in a program of its own."""
    command = [sys.executable, "-m", "tests.bench.etcd", target, str(seconds), tag]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60).stdout)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
