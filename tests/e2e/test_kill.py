"""`kill -9` at any moment under load: nothing acknowledged is lost, and nobody ever saw anything impossible.

A real `pilothouse up --only-api` is killed again and again while clients read, create, replace and delete over TLS and watches
follow. All operations together must be linearizable, every acknowledged revision must stand in the log, and each watch, resumed
across all restarts, must have been told exactly the log.
"""

import asyncio
import os
import statistics
import time
from pathlib import Path

import pytest

from pilothouse.kit.clock import Entropy
from pilothouse.testing.history import Operation, Recorder, check_linearizable, check_watch
from tests.e2e.load import Watcher, Worker, is_even, until_death
from tests.e2e.victim import CommitLog, Victim
from tests.score.figures import note

ROUNDS = int(os.environ.get("KILLS", "60"))
WORKERS, KEYS = 8, 12
LAP = 50
"""Rounds after which other keys are used: answers that never came make the search for an order longer and longer."""
CATCH_UP_S = 20


class Storm:
    """Workers and watchers on one victim."""

    def __init__(self, victim: Victim, seed: int) -> None:
        self.victim, self.entropy = victim, Entropy(seed)
        self.recorder = Recorder(time.monotonic)
        self.log = CommitLog(victim.data_dir, "/registry/core/configmaps/default/")
        self.workers = [Worker(f"c{number}", self.recorder, Entropy(seed + 1 + number), KEYS) for number in range(WORKERS)]
        self.watchers = [Watcher("all"), Watcher("even", "parity=even")]

    async def round(self) -> None:
        """Start, let everybody work for a moment, kill."""
        client = await self.victim.start()
        if self.watchers[0].position == 0:
            await self._begin(client)
        async with asyncio.TaskGroup() as group:
            for each in (*self.workers, *self.watchers):
                group.create_task(until_death(each.run(client)))
            await asyncio.sleep(self.entropy.uniform(0.02, 0.2))
            await self.victim.kill()
        await client.close()
        self.log.gather()

    async def _begin(self, client) -> None:  # type: ignore[no-untyped-def]
        from pilothouse.sdk.kinds import CONFIG_MAP

        _, start = await client.list_raw(CONFIG_MAP, "default")
        for watcher in self.watchers:
            watcher.position = int(start)

    async def end_lap(self, stem: str) -> None:
        """Read everything once more, and go on with other keys."""
        if self.log.commits:
            client = await self.victim.start()
            await self._read_all(client)
            await self.victim.kill()
            await client.close()
        for worker in self.workers:
            worker.stem = stem

    async def _read_all(self, client) -> None:  # type: ignore[no-untyped-def]
        for key in range(KEYS):
            await self.workers[0]._read(client, f"{self.workers[0].stem}{key}")

    async def end(self) -> None:
        """Read everything once more, and let the watches come to the end."""
        client = await self.victim.start()
        await self._read_all(client)
        last = {"all": self.log.commits[-1].revision, "even": 0}
        async with asyncio.timeout(CATCH_UP_S):
            tasks = [asyncio.ensure_future(until_death(watcher.run(client))) for watcher in self.watchers]
            while self.watchers[0].position < last["all"]:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
        await self.victim.kill()
        await asyncio.gather(*tasks)
        await client.close()


def lost(operations: list[Operation], log: CommitLog) -> list[str]:
    """Return the acknowledged writes that are not in the log as they were acknowledged."""
    found = {commit.revision: (commit.key, commit.value) for commit in log.commits}
    writes = [one for one in operations if one.kind == "write" and one.outcome == "ok"]
    return [str(one) for one in writes if found.get(one.revision) != (one.key, one.value)]


@pytest.mark.e2e
@pytest.mark.timeout(120 + 3 * ROUNDS)
def test_kill_under_load(tmp_path: Path) -> None:
    async def run() -> Storm:
        storm = Storm(Victim(tmp_path / "data"), seed=1)
        try:
            for number in range(ROUNDS):
                if number % LAP == 0:
                    await storm.end_lap(f"lap{number // LAP}-")
                await storm.round()
            await storm.end()
        finally:
            await storm.victim.kill()
        return storm

    storm = asyncio.run(run())
    operations, commits = storm.recorder.operations, storm.log.commits
    assert lost(operations, storm.log) == []
    assert [str(violation) for violation in check_linearizable(operations)] == []
    everything, even = (watcher.record for watcher in storm.watchers)
    assert check_watch(commits, everything, until=commits[-1].revision) == []
    assert check_watch(commits, even, matches=is_even) == []
    acknowledged = sum(one.outcome == "ok" and one.kind != "read" for one in operations)
    unanswered = sum(one.outcome == "unknown" for one in operations)
    events = sum(watcher.told for watcher in storm.watchers)
    recoveries = storm.victim.recoveries_s[1:]
    assert acknowledged > 10 * ROUNDS and unanswered > ROUNDS and events > acknowledged
    median, worst = statistics.median(recoveries), max(recoveries)
    print(f"\n{ROUNDS} kills: {len(operations)} operations, {acknowledged} writes acknowledged, 0 lost, {unanswered} unanswered, "
          f"{events} watch events; recovery {median:.2f} s median, {worst:.2f} s at most")  # fmt: skip
    note("kills", ROUNDS)
    note("acked_writes", acknowledged)
    note("acked_writes_lost", 0)
    note("operations_checked", len(operations))
    note("watch_events_checked", events)
    note("recovery_median_s", f"{median:.2f}")
    note("recovery_max_s", f"{worst:.2f}")
