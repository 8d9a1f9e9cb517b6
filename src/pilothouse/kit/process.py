"""Running other programs: without a shell, with bounded output, and never left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

MAX_OUTPUT_BYTES = 8 << 20


class Finished(msgspec.Struct, frozen=True):
    """How a program ended."""

    status: int
    output: str
    """Standard output and standard error together."""


async def run_program(
    *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout_s: float = 120.0
) -> Finished:
    """Run `command` to its end and return status and output.

    Raises TimeoutError (the program is killed first) and FileNotFoundError.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=None if env is None else dict(env), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=MAX_OUTPUT_BYTES,
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    return Finished(process.returncode or 0, output[:MAX_OUTPUT_BYTES].decode("utf-8", "replace"))
