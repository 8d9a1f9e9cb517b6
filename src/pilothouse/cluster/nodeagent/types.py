"""What the agent remembers about a Pod, and what a plan may ask for.

`PodState` is the whole memory of one Pod: the plan is computed from it, the status is written from it, and it is saved after
every change so that a restarted agent continues where it was (a Ready Pod stays Ready). Times are seconds since 1970.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Json = dict[str, Any]
ProbeKind = Literal["startup", "liveness", "readiness"]


class Exit(msgspec.Struct, frozen=True):
    """How one run of a container ended."""

    exit_code: int
    reason: str
    started_at: float
    finished_at: float
    container_id: str = ""
    signal: int = 0
    message: str = ""


class ProbeState(msgspec.Struct, frozen=True):
    """Progress of one probe of one running container."""

    result: bool | None = None
    """What the probe currently says; None before the first verdict."""
    successes: int = 0
    failures: int = 0
    message: str = ""
    """Output of the last failure, for the Event."""


class ContainerState(msgspec.Struct):
    """One container of a Pod: its current run, the last one, and why it waits."""

    name: str
    id: str = ""
    """Id of the current or last run; empty before the first."""
    is_running: bool = False
    started_at: float = 0.0
    attempt: int = 0
    """Number of the current run, counted from 0; equals restartCount."""
    exit: Exit | None = None
    """End of the current run."""
    last: Exit | None = None
    """End of the run before."""
    waiting_reason: str = ""
    waiting_message: str = ""
    retry_at: float = 0.0
    """Do not try again before this time after a failed pull or start."""
    backoff_s: float = 0.0
    backoff_set_at: float = 0.0
    pull_backoff_s: float = 0.0
    image_id: str = ""
    probes: dict[str, ProbeState] = {}
    is_post_start_done: bool = True
    stop_reason: str = ""
    """Set while the agent is stopping this run; empty otherwise."""


class PodState(msgspec.Struct):
    """Everything the agent knows about one Pod."""

    uid: str
    namespace: str
    name: str
    address: str = ""
    has_sandbox: bool = False
    start_time: float = 0.0
    containers: dict[str, ContainerState] = {}
    deadline_exceeded: bool = False
    terminating_since: float = 0.0
    """When the agent first saw the deletion; 0 while the Pod is wanted."""
    is_out_of_service: bool = False
    """The service proxy was told to stop sending traffic here."""
    is_finished: bool = False
    """Nothing of the Pod runs any more and nothing will."""
    retry_at: float = 0.0
    """Do not try to make the sandbox again before this time."""
    mount_error: str = ""
    reject_reason: str = ""
    reject_message: str = ""
    transitions: dict[str, tuple[str, float]] = {}
    """Condition type -> (status, time of the last change)."""


class CreateSandbox(msgspec.Struct, frozen=True):
    """Make the Pod's network and folders."""


class StartContainer(msgspec.Struct, frozen=True):
    """Pull when needed, then start a new run of the container."""

    name: str
    attempt: int


class StopContainer(msgspec.Struct, frozen=True):
    """preStop hook, then the stop signal, then SIGKILL after the grace period."""

    name: str
    grace_s: float
    reason: str
    message: str = ""


class LeaveServices(msgspec.Struct, frozen=True):
    """Have the service proxy stop sending traffic to the Pod before its programs are told to stop."""


class RemoveSandbox(msgspec.Struct, frozen=True):
    """Give back network and processes; the Pod's folders stay until it is deleted."""


class DeletePod(msgspec.Struct, frozen=True):
    """Everything stopped: remove folders and the Pod object."""


Action = CreateSandbox | StartContainer | StopContainer | LeaveServices | RemoveSandbox | DeletePod


class Plan(msgspec.Struct, frozen=True):
    """What to do now, and when to look again without any event."""

    actions: tuple[Action, ...] = ()
    wake_at: float | None = None
