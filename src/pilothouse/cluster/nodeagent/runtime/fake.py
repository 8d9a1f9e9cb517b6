"""The fake runtime: Pods without programs, for clusters of thousands of Pods on one machine.

A run starts at once or after `start_delay_s`; with `run_for_s` it ends with exit code 0 after that time, with `job_run_for_s`
only if it is meant to end, as those of Jobs are. An annotation or a command is never looked at. Probes succeed. It keeps no state
on disk: after a restart of the agent every run it is asked about is still running, which is what `known` says by adopting unknown
ids.
"""

from __future__ import annotations

import socket
from typing import Any

from pilothouse.cluster.nodeagent.adapters.commands import RunningCommand
from pilothouse.cluster.nodeagent.errors import UnsupportedPod
from pilothouse.cluster.nodeagent.runs import (
    Ended,
    ExecResult,
    Launch,
    OnExit,
    OnReset,
    Probed,
    ProbeTarget,
    Running,
    RuntimeFacts,
)
from pilothouse.kit.aio import TaskScope
from pilothouse.kit.clock import Clock

_NO_PROGRAM = "the fake runtime runs no programs"


class FakeRuntime:
    """Containers that are only records."""

    def __init__(
        self, clock: Clock, *, start_delay_s: float = 0.0, run_for_s: float | None = None, job_run_for_s: float | None = None
    ) -> None:
        """Start runs after `start_delay_s`; end them after `run_for_s` when given, finite ones after `job_run_for_s`."""
        self._clock, self._start_delay_s, self._run_for_s = clock, start_delay_s, run_for_s
        self._job_run_for_s = run_for_s if job_run_for_s is None else job_run_for_s
        self._runs: dict[str, Running] = {}
        self._sandboxes: dict[str, str] = {}
        self._owner: dict[str, str] = {}
        self._tasks = TaskScope("fake-runtime")
        self._on_exit: OnExit | None = None

    @property
    def facts(self) -> RuntimeFacts:
        """Pretends to have networks, so that Pods get addresses of their own."""
        return RuntimeFacts("fake", "fake")

    async def start(self, on_exit: OnExit, on_reset: OnReset) -> None:
        """Remember who hears of ends."""
        self._on_exit = on_exit

    async def stop(self) -> None:
        """End the timers."""
        await self._tasks.close()

    async def known(self) -> dict[str, Ended | None]:
        """Return every run; none is over without having been announced."""
        return dict.fromkeys(self._runs)

    async def create_sandbox(self, uid: str, address: str) -> None:
        """Keep the address."""
        self._sandboxes[uid] = address

    async def remove_sandbox(self, uid: str) -> None:
        """Drop the Pod's runs."""
        self._sandboxes.pop(uid, None)
        for name in [name for name, owner in self._owner.items() if owner == uid]:
            self._end(name, 137, 9)

    async def run(self, launch: Launch) -> Running:
        """Pretend that the program runs."""
        if self._start_delay_s:
            await self._clock.sleep(self._start_delay_s)
        running = self._runs[launch.id] = Running(launch.id, self._clock.now())
        self._owner[launch.id] = launch.pod_uid
        run_for_s = self._job_run_for_s if launch.is_finite else self._run_for_s
        if run_for_s is not None:
            self._tasks.spawn(self._finish_later(launch.id, run_for_s), "run")
        return running

    async def _finish_later(self, name: str, delay_s: float) -> None:
        await self._clock.sleep(delay_s)
        self._end(name, 0, 0)

    def _end(self, name: str, exit_code: int, signal: int) -> None:
        running = self._runs.pop(name, None)
        self._owner.pop(name, None)
        if running is not None and self._on_exit is not None:
            reason = "Completed" if exit_code == 0 else "Error"
            self._on_exit(Ended(name, exit_code, reason, running.started_at, self._clock.now(), signal))

    async def stop_container(self, container_id: str, signal: int, grace_s: float) -> None:
        """End the run at once, as a program that honours the signal would."""
        self._end(container_id, 143 if signal == 15 else 128 + signal, signal)

    async def forget(self, container_id: str) -> None:
        """Drop the run."""
        self._runs.pop(container_id, None)

    async def execute(self, container_id: str, argv: list[str], env: dict[str, str], timeout_s: float) -> ExecResult:
        """Pretend success."""
        return ExecResult(0)

    async def open_command(self, container_id: str, argv: list[str], streams: frozenset[str]) -> RunningCommand:
        """There is no program."""
        raise UnsupportedPod(_NO_PROGRAM)

    async def attach(self, container_id: str, streams: frozenset[str], is_stdin_once: bool) -> RunningCommand:
        """There is no program."""
        raise UnsupportedPod(_NO_PROGRAM)

    async def dial(self, address: str, port: int, is_host: bool) -> socket.socket:
        """Nobody listens."""
        raise ConnectionRefusedError(_NO_PROGRAM)

    async def dial_inside(self, pod_uid: str, address: str, port: int, is_host: bool) -> socket.socket:
        """Nobody listens."""
        raise ConnectionRefusedError(_NO_PROGRAM)

    async def probe(self, kind: str, probe: dict[str, Any], target: ProbeTarget) -> Probed:
        """Pretend success."""
        return Probed(True)
