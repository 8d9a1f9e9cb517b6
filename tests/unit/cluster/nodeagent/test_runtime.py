"""Both runtimes through the protocol the agent uses."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from pilothouse.cluster.nodeagent.errors import StartFailed
from pilothouse.cluster.nodeagent.runs import Ended, Launch, ProbeTarget
from pilothouse.cluster.nodeagent.runtime.fake import FakeRuntime
from pilothouse.cluster.nodeagent.runtime.process import ProcessRuntime
from pilothouse.kit.clock import ManualClock, SystemClock
from tests.unit.cluster.nodeagent.support import PATH, no_leftovers


class Ends:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[Ended] = asyncio.Queue()

    async def next(self) -> Ended:
        return await asyncio.wait_for(self.queue.get(), 15)


def launch(folder: Path, name: str, *argv: str) -> Launch:
    return Launch(name, "pod", name, 0, argv, {"PATH": PATH}, "/", str(folder / name), str(folder / f"{name}.log"))


@pytest.mark.parametrize("mode", ["auto", "none"])
def test_process_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setenv("PILOTHOUSE_SANDBOX", mode)

    async def scenario() -> None:
        runtime, ends = ProcessRuntime(str(tmp_path), SystemClock()), Ends()
        await runtime.start(ends.queue.put_nowait, lambda: None)
        await runtime.create_sandbox("pod", "10.244.0.2")
        running = await runtime.run(launch(tmp_path, "a", "sleep", "60"))
        assert running.pid > 1 and await runtime.known() == {"a": None}
        done = await runtime.execute("a", ["sh", "-c", "echo out; echo err >&2; exit 3"], {"PATH": PATH}, 10)
        assert (done.exit_code, sorted(done.output.split())) == (3, [b"err", b"out"])
        with pytest.raises(TimeoutError):
            await runtime.execute("a", ["sleep", "30"], {"PATH": PATH}, 0.3)
        target = ProbeTarget("a", "127.0.0.1", {"web": 1}, {"PATH": PATH})
        passed = await runtime.probe("liveness", {"exec": {"command": ["true"]}}, target)
        refused = await runtime.probe("liveness", {"tcpSocket": {"port": "web"}}, target)
        unknown = await runtime.probe("liveness", {"httpGet": {"port": "none"}}, target)
        slow = await runtime.probe("liveness", {"exec": {"command": ["sleep", "9"]}, "timeoutSeconds": 1}, target)
        assert passed.is_success and not refused.is_success and not slow.is_success
        assert "no port named" in unknown.message and "timed out after 1s" in slow.message
        with pytest.raises(StartFailed, match="not found"):
            await runtime.run(launch(tmp_path, "b", "no-such-program"))
        await runtime.stop_container("a", 15, 5)
        end = await ends.next()
        assert (end.id, end.exit_code, end.signal) == ("a", 143, 15)
        await runtime.forget("a")
        assert await runtime.known() == {}
        await runtime.stop()

    with no_leftovers(tmp_path):
        asyncio.run(scenario())
    assert os.environ["PILOTHOUSE_SANDBOX"] == mode


def test_fake_runtime_starts_and_ends_by_the_clock(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock, ends = ManualClock(), Ends()
        runtime = FakeRuntime(clock, run_for_s=60)
        await runtime.start(ends.queue.put_nowait, lambda: None)
        await runtime.create_sandbox("pod", "10.244.0.2")
        await runtime.run(launch(tmp_path, "a"))
        await runtime.run(launch(tmp_path, "b"))
        assert await runtime.known() == {"a": None, "b": None}
        await asyncio.sleep(0)
        await runtime.stop_container("b", 15, 1)
        assert (await ends.next()).exit_code == 143
        await clock.advance(61)
        end = await ends.next()
        assert (end.id, end.exit_code, end.finished_at - end.started_at) == ("a", 0, 60)
        await runtime.stop()

    asyncio.run(scenario())


def test_fake_runs_that_are_meant_to_end_do(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock, ends = ManualClock(), Ends()
        runtime = FakeRuntime(clock, job_run_for_s=5)
        await runtime.start(ends.queue.put_nowait, lambda: None)
        await runtime.run(launch(tmp_path, "server"))
        await runtime.run(msgspec.structs.replace(launch(tmp_path, "job"), is_finite=True))
        await clock.advance(60)
        end = await ends.next()
        assert (end.id, end.exit_code, end.finished_at - end.started_at) == ("job", 0, 5)
        assert list(await runtime.known()) == ["server"]
        await runtime.stop()

    asyncio.run(scenario())
