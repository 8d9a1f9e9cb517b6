"""Runtimes: what runs a Pod's containers. `process` runs real programs under the supervisor, `fake` pretends to.

The agent knows only the `Runtime` protocol and the records of `runs`, so that thousands of pretended Pods and a handful of real
ones go through the same plan, status and probe code.
"""

from __future__ import annotations

import socket
from typing import Any, Protocol

from pilothouse.cluster.nodeagent.adapters.commands import RunningCommand
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
from pilothouse.cluster.nodeagent.types import ProbeKind


class Runtime(Protocol):
    """What the agent needs from a runtime."""

    @property
    def facts(self) -> RuntimeFacts:
        """What it can do; valid after `start`."""
        ...

    async def start(self, on_exit: OnExit, on_reset: OnReset) -> None:
        """Become ready; `on_exit` hears the end of every run, `on_reset` that all sandboxes were lost."""
        ...

    async def stop(self) -> None:
        """Let go of the Pods without ending them."""
        ...

    async def known(self) -> dict[str, Ended | None]:
        """Return every run the runtime still knows, with its end if it is over."""
        ...

    async def create_sandbox(self, uid: str, address: str) -> None:
        """Make the Pod's network; repeating it changes nothing."""
        ...

    async def remove_sandbox(self, uid: str) -> None:
        """Kill what is left in the Pod and give its network back."""
        ...

    async def run(self, launch: Launch) -> Running:
        """Start a run; raises StartFailed."""
        ...

    async def stop_container(self, container_id: str, signal: int, grace_s: float) -> None:
        """Send `signal`, and SIGKILL after `grace_s` seconds."""
        ...

    async def forget(self, container_id: str) -> None:
        """Drop the record of a run that is over."""
        ...

    async def execute(self, container_id: str, argv: list[str], env: dict[str, str], timeout_s: float) -> ExecResult:
        """Run a command inside a running container; raises TimeoutError after killing it."""
        ...

    async def open_command(self, container_id: str, argv: list[str], streams: frozenset[str]) -> RunningCommand:
        """Run a command with a client at the other end; `streams` out of stdin, stdout, stderr, tty. Raises StartFailed."""
        ...

    async def attach(self, container_id: str, streams: frozenset[str], is_stdin_once: bool) -> RunningCommand:
        """Connect a client to a container's own program."""
        ...

    async def dial(self, address: str, port: int, is_host: bool) -> socket.socket:
        """Connect to an address of the node's network, or of the machine's; raises OSError."""
        ...

    async def dial_inside(self, pod_uid: str, address: str, port: int, is_host: bool) -> socket.socket:
        """Connect to a port of a Pod as a program inside it would; raises OSError."""
        ...

    async def probe(self, kind: ProbeKind | str, probe: dict[str, Any], target: ProbeTarget) -> Probed:
        """Carry out one probe or lifecycle handler."""
        ...
