"""Programs are run without a shell and never left behind."""

import asyncio
import os

import pytest

from pilothouse.kit.process import run_program


def test_status_and_output() -> None:
    done = asyncio.run(run_program("sh", "-c", "echo out; echo err >&2; exit 3"))
    assert done.status == 3
    assert sorted(done.output.split()) == ["err", "out"]


def test_environment_is_what_was_given() -> None:
    done = asyncio.run(run_program("/usr/bin/env", env={"A": "1"}))
    assert done.output == "A=1\n"


def test_a_program_that_takes_too_long_is_killed() -> None:
    async def run() -> None:
        with pytest.raises(TimeoutError):
            await run_program("sh", "-c", "echo $$ > /dev/null; exec sleep 60", timeout_s=0.1)

    asyncio.run(run())
    assert "sleep 60" not in os.popen(f"ps -o args --ppid {os.getpid()}").read()


def test_a_missing_program_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(run_program("/does/not/exist"))
