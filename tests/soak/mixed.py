"""A server under mixed load for a stated time: does it stay right, small and quick?

Workers read, create, replace and delete on a few keys, watches follow, many watchers are told of one object's changes, and a
number of objects lies there. Once in a while the histories are judged and forgotten, so that the time is not bounded by memory.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pilothouse.kit.clock import Entropy
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import CONFIG_MAP
from pilothouse.testing.history import Recorder, WatchRecord, check_linearizable, check_watch
from pilothouse.testing.history.watches import matching_events
from tests.bench.access import CONFIG_MAPS, Administrator, free_port
from tests.bench.scale import lag_of, quantile
from tests.e2e.load import Watcher, Worker, is_even, until_death
from tests.e2e.victim import CommitLog, Victim

WORKERS, KEYS = 4, 12
LAP_S, SAMPLE_S = 20.0, 2.0
TOUCHES_PER_S = 5
PAUSE_S = 0.01
"""Between the calls of one worker: a load that leaves time for everything else."""


class Wish(NamedTuple):
    """What is to be done."""

    minutes: float
    objects: int
    watchers: int


class Report(NamedTuple):
    """What was seen."""

    seconds: float
    operations: int
    events: int
    violations: list[str]
    rss_mb: list[float]
    """At a few moments of the second half: before that, history is still filling."""
    slope_mb_per_h: float
    lag_p99_ms: float
    fan_out_lost: int
    fan_out_p99_ms: float


def slope_per_hour(samples: list[tuple[float, float]]) -> float:
    """Return the slope of a line through (seconds, value), per hour."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return 3600 * sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


def at_moments(samples: list[tuple[float, float]], count: int = 8) -> list[float]:
    """Return some of the values, the first and the last among them."""
    return [samples[place * (len(samples) - 1) // (count - 1)][1] for place in range(count)]


class Soak:
    """One run."""

    def __init__(self, victim: Victim, client: Client, wish: Wish) -> None:
        self.victim, self.client, self.wish = victim, client, wish
        self.log = CommitLog(victim.data_dir, "/registry/core/configmaps/default/")
        self.watchers = [Watcher("all"), Watcher("even", "parity=even")]
        self.workers = [Worker(f"c{number}", Recorder(time.monotonic), Entropy(number), KEYS) for number in range(WORKERS)]
        self.samples: list[tuple[float, float]] = []
        self.violations: list[str] = []
        self.operations = self.events = 0

    async def run(self) -> None:
        """Work until the time is over."""
        _, start = await self.client.list_raw(CONFIG_MAP, "default")
        for watcher in self.watchers:
            watcher.position = int(start)
        end = time.monotonic() + 60 * self.wish.minutes
        tasks = [asyncio.ensure_future(self._follow(watcher)) for watcher in self.watchers]
        sampler = asyncio.ensure_future(self._sample())
        try:
            lap = 0
            while time.monotonic() < end:
                await self._lap(f"lap{lap}-", min(LAP_S, max(1.0, end - time.monotonic())))
                lap += 1
        finally:
            for task in (*tasks, sampler):
                task.cancel()

    async def _follow(self, watcher: Watcher) -> None:
        while True:  # watches end by themselves from time to time
            await until_death(watcher.run(self.client))
            await asyncio.sleep(0.05)

    async def _sample(self) -> None:
        began = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - began, self.victim.rss_bytes / 2**20))
            await asyncio.sleep(SAMPLE_S)

    async def _lap(self, stem: str, seconds: float) -> None:
        recorder = Recorder(time.monotonic)
        for worker in self.workers:
            worker.recorder, worker.stem = recorder, stem
            worker.seen.clear()
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for worker in self.workers:
                group.create_task(self._work(worker, end))
        await self._judge(recorder)

    async def _work(self, worker: Worker, end: float) -> None:
        while time.monotonic() < end:
            await worker.step(self.client)
            await asyncio.sleep(PAUSE_S)
        for key in range(worker.keys):
            await worker.clear(self.client, f"{worker.stem}{key}")

    async def _judge(self, recorder: Recorder) -> None:
        """Compare what everybody saw with each other and with the log, and forget it."""
        await asyncio.get_running_loop().run_in_executor(None, self._gather)
        last = self.log.commits[-1].revision
        ends = last, matching_events(self.log.commits, is_even)[-1].revision
        async with asyncio.timeout(20):
            while any(watcher.position < end for watcher, end in zip(self.watchers, ends, strict=True)):
                await asyncio.sleep(0.01)
        found = check_linearizable(recorder.operations)
        found += check_watch(self.log.commits, self.watchers[0].record, until=last)
        found += check_watch(self.log.commits, self.watchers[1].record, matches=is_even)
        self.violations += map(str, found)
        self.operations += len(recorder.operations)
        self.events += sum(watcher.told for watcher in self.watchers)
        self.log.commits.clear()
        for watcher in self.watchers:
            watcher.record, watcher.told = WatchRecord(watcher.record.name), 0
            watcher.record.opened(watcher.position)

    def _gather(self) -> None:
        for _ in range(5):
            try:
                self.log.gather()
            except FileNotFoundError:  # a segment was dropped meanwhile
                continue
            return
        raise AssertionError("the log cannot be read beside its server")


async def toucher(client: Client, count: int) -> None:
    """Change one object at a steady rate."""
    await client.create(CONFIG_MAP, {"metadata": {"name": "touched", "namespace": "soak"}, "data": {}})
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / TOUCHES_PER_S - time.monotonic()))
        await client.patch(CONFIG_MAP, "touched", "soak", {"data": {"sent": str(time.monotonic_ns())}})


@contextmanager
def many_watchers(port: int, wish: Wish, token: Path, path: str, events: int) -> Iterator[subprocess.Popen[bytes] | None]:
    """Have many watchers in a program of their own."""
    if not wish.watchers:
        yield None
        return
    words = [str(port), path, str(token), str(wish.watchers), str(events)]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.watchers", *words], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


async def soak(data_dir: Path, wish: Wish) -> Report:
    """Run everything and report."""
    port = free_port()
    victim = Victim(data_dir, "--port", str(port))
    client = await victim.start()
    try:
        return await _run(victim, client, port, wish)
    finally:
        await client.close()
        await victim.kill()


async def _run(victim: Victim, client: Client, port: int, wish: Wish) -> Report:
    administrator = Administrator(victim.data_dir, port)
    token = victim.data_dir / "soak.token"
    token.write_text(administrator.token())
    administrator.call("POST", "/api/v1/namespaces", {"metadata": {"name": "soak"}})
    path = CONFIG_MAPS.replace("default", "soak")
    if wish.objects:
        words = [str(port), path, str(token), str(wish.objects), "1024"]
        await (await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.filler", *words)).wait()
    at = administrator.call("GET", f"{path}?limit=1")["metadata"]["resourceVersion"]
    events = int(60 * wish.minutes * TOUCHES_PER_S) if wish.watchers else 0
    run = Soak(victim, client, wish)
    run.log.revision = await _newest(client)
    await asyncio.sleep(0.5)  # the loop's lag is only told once it was measured
    with many_watchers(
        port, wish, token, f"{path}?watch=true&resourceVersion={at}&fieldSelector=metadata.name%3Dtouched", events
    ) as told:
        before, began = lag_of(administrator.connection), time.monotonic()
        touching = asyncio.ensure_future(toucher(client, events))
        await run.run()
        await touching
        heard = await asyncio.get_running_loop().run_in_executor(None, _heard, told)
        lag = quantile(before, lag_of(Administrator(victim.data_dir, port).connection), 0.99)
    settled = run.samples[len(run.samples) // 2 :]
    return Report(
        time.monotonic() - began, run.operations, run.events, run.violations, at_moments(settled),
        slope_per_hour(settled), 1000 * lag, heard["expected"] - heard["seen"], heard.get("p99", 0.0),
    )  # fmt: skip


async def _newest(client: Client) -> int:
    _, revision = await client.list_raw(CONFIG_MAP, "default")
    return int(revision)


def _heard(process: subprocess.Popen[bytes] | None) -> dict[str, float]:
    if process is None:
        return {"expected": 0, "seen": 0}
    assert process.stdout is not None
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer
