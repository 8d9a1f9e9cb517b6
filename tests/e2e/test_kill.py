"""`kill -9` at any moment under load: no acknowledged write is lost, no watch event is lost, doubled or out of order.

A real `pilothouse up --only-api` is killed again and again while clients write over TLS. After each start each acknowledged
write is read back, and a watch that was resumed across all restarts must have seen a gapless, ordered story.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from pilothouse.kit.clock import Entropy
from pilothouse.kit.errors import Conflict, Expired, PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.wire import kubeconfig
from pilothouse.wire.http.client import HttpTransport

ROUNDS = int(os.environ.get("PILOTHOUSE_KILL_ROUNDS", "50"))
WRITERS = 6


class Victim:
    """The process that is killed."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> Client:
        (self.data_dir / "instance.json").unlink(missing_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pilothouse", "up", "--only-api", "--data-dir", str(self.data_dir), "--log-level", "error",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(20):
            while not (self.data_dir / "instance.json").exists():
                assert self.process.returncode is None, "the server ended by itself"
                await asyncio.sleep(0.005)
        return Client(HttpTransport(kubeconfig.read(self.data_dir / "kubeconfig")))

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


class Ledger:
    """What was acknowledged, and what the watch saw."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, tuple[int, int]] = {}
        """Name to (sequence number, resource version)."""
        self.seen: dict[str, list[int]] = {}
        self.versions: list[int] = []
        self.watched_to = "0"


def tree(name: str, number: int) -> dict:  # type: ignore[type-arg]
    meta = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"n": str(number)}}


async def write(client: Client, ledger: Ledger, name: str) -> None:
    """Write growing numbers until the server dies; a number counts once it was acknowledged."""
    number, _ = ledger.acknowledged.get(name, (0, 0))
    try:
        current = await client.get(CONFIG_MAP, name, "default")
        number = max(number, int(current["data"]["n"]))
        exists = True
    except PilothouseError:
        exists = False
    while True:
        number += 1
        try:
            stored = await (client.replace if exists else client.create)(CONFIG_MAP, tree(name, number))
        except Conflict:
            exists = True
            continue
        exists = True
        ledger.acknowledged[name] = (number, int(stored["metadata"]["resourceVersion"]))


async def follow(client: Client, ledger: Ledger) -> None:
    """Watch from where the last watch ended."""
    async for events in client.watch(CONFIG_MAP, "default", resource_version=ledger.watched_to):
        for event in events:
            seen = json.loads(bytes(event.object))
            assert event.type != "ERROR", f"watch from {ledger.watched_to}: {seen}"
            version = int(seen["metadata"]["resourceVersion"])
            if event.type == "BOOKMARK":
                ledger.watched_to = str(version)
                continue
            assert event.type in {"ADDED", "MODIFIED"}, event.type
            assert not ledger.versions or version > ledger.versions[-1], "an event is doubled or out of order"
            ledger.versions.append(version)
            ledger.watched_to = str(version)
            ledger.seen.setdefault(seen["metadata"]["name"], []).append(int(seen["data"]["n"]))


async def ignore_death(work) -> None:  # type: ignore[no-untyped-def]
    try:
        await work
    except Expired:
        raise
    except (PilothouseError, OSError, EOFError, asyncio.IncompleteReadError, ValueError):
        return


async def check(client: Client, ledger: Ledger) -> None:
    for name, (number, version) in ledger.acknowledged.items():
        stored = await client.get(CONFIG_MAP, name, "default")
        found = int(stored["data"]["n"])
        assert found >= number, f"{name}: {number} was acknowledged, {found} is stored"
        if found == number:
            assert int(stored["metadata"]["resourceVersion"]) == version


@pytest.mark.e2e
@pytest.mark.timeout(240)
def test_kill_under_load(tmp_path: Path) -> None:
    async def run() -> None:
        victim = Victim(tmp_path / "data")
        try:
            await rounds(victim)
        finally:
            if victim.process is not None and victim.process.returncode is None:
                await victim.kill()

    async def rounds(victim: Victim) -> None:
        ledger, entropy = Ledger(), Entropy(1)
        for _ in range(ROUNDS):
            client = await victim.start()
            await check(client, ledger)
            async with asyncio.TaskGroup() as group:
                group.create_task(ignore_death(follow(client, ledger)))
                for writer in range(WRITERS):
                    group.create_task(ignore_death(write(client, ledger, f"w{writer}")))
                await asyncio.sleep(entropy.uniform(0.02, 0.25))
                await victim.kill()
            await client.close()
        client = await victim.start()
        await check(client, ledger)
        final = {item["metadata"]["name"]: int(item["data"]["n"]) for item in await client.list(CONFIG_MAP, "default")}
        try:
            async with asyncio.timeout(10):
                while any(ledger.seen.get(name, [0])[-1] < number for name, number in final.items()):
                    task = asyncio.create_task(follow(client, ledger))
                    await asyncio.sleep(0.3)
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
        finally:
            await client.close()
            await victim.kill()
        for name, numbers in ledger.seen.items():
            assert numbers == list(range(1, final[name] + 1)), f"{name}: the watch saw a gap"
        assert sum(number for number, _ in ledger.acknowledged.values()) > ROUNDS

    asyncio.run(run())
