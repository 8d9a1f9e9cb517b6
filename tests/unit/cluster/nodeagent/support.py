"""A running supervisor for tests, and proof that nothing is left of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from pilothouse.cluster.nodeagent.adapters.reap import reap
from pilothouse.cluster.nodeagent.adapters.supervisor import Connection, connect
from pilothouse.cluster.nodeagent.supervisor import procfs

PATH = "/usr/local/bin:/usr/bin:/bin"


class Events:
    """Exit events by container id, awaited without polling."""

    def __init__(self) -> None:
        self.exits: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()

    def __call__(self, message: dict[str, Any]) -> None:
        if message.get("event") == "exit":
            self.exits[message["id"]] = message
            self._changed.set()

    async def exit_of(self, name: str, timeout_s: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(timeout_s):
            while name not in self.exits:
                self._changed.clear()
                await self._changed.wait()
        return self.exits[name]


@contextmanager
def no_leftovers(folder: Path) -> Iterator[None]:
    """Reap at the end and assert that no process, mount, socket or control group of `folder` remains."""
    mounts = Path("/proc/self/mounts").read_text()
    try:
        yield
    finally:
        reap(str(folder))
    tag = procfs.mark_of(str(folder))
    assert procfs.marked(f"{tag}/") == []
    assert Path("/proc/self/mounts").read_text() == mounts
    assert not list(folder.glob("*.sock"))
    groups = list(Path("/sys/fs/cgroup").glob(f"*/pilothouse-{tag}"))
    assert groups == []


@asynccontextmanager
async def supervised(folder: Path, mode: str = "auto") -> AsyncIterator[tuple[Connection, Events]]:
    """A supervisor on `folder` with the given isolation, its connection, and its exits."""
    old = os.environ.get("PILOTHOUSE_SANDBOX")
    os.environ["PILOTHOUSE_SANDBOX"] = mode
    try:
        events = Events()
        with no_leftovers(folder):
            connection = await connect(str(folder), events)
            await connection.call("watch")
            try:
                yield connection, events
            finally:
                connection.close()
    finally:
        if old is None:
            del os.environ["PILOTHOUSE_SANDBOX"]
        else:
            os.environ["PILOTHOUSE_SANDBOX"] = old


def launch_spec(folder: Path, name: str, argv: list[str], **more: Any) -> dict[str, Any]:
    """The smallest launch request; `log` goes to FOLDER/NAME.log."""
    (folder / name).mkdir(exist_ok=True)
    base = {
        "id": name,
        "argv": argv,
        "env": {"PATH": PATH},
        "cwd": "/",
        "folder": str(folder / name),
        "log": str(folder / f"{name}.log"),
    }
    return {**base, **more}


def log_lines(folder: Path, name: str) -> list[str]:
    """The text of every log line, without time and stream."""
    return [line.split(" ", 3)[3] for line in (folder / f"{name}.log").read_text().splitlines()]
