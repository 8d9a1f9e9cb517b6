"""What passes between the agent and a runtime: launches, runs, ends, probe outcomes.

Plain records without behaviour, shared by the runtimes, the adapters that help them, and the controller.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Bind(msgspec.Struct, frozen=True):
    """One path of the machine at a path of the container."""

    source: str
    target: str
    readonly: bool = False


class Launch(msgspec.Struct, frozen=True):
    """Everything needed to start one run of a container."""

    id: str
    pod_uid: str
    name: str
    attempt: int
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    folder: str
    """Private folder of this run on the machine."""
    log: str
    binds: tuple[Bind, ...] = ()
    layers: tuple[str, ...] = ()
    base: str = "host"
    hostname: str = ""
    uses_host_network: bool = False
    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()
    is_readonly_root: bool = False
    is_privileged: bool = False
    no_new_privileges: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    memory_bytes: int = 0
    cpu_milli: int = 0
    cpu_shares: int = 0
    labels: dict[str, str] = {}
    has_stdin: bool = False
    has_tty: bool = False
    is_finite: bool = False
    """The program is meant to end by itself: an init container, or one of a Pod that is not restarted always."""


class Running(msgspec.Struct, frozen=True):
    """A run that began."""

    id: str
    started_at: float
    pid: int = 0


class Ended(msgspec.Struct, frozen=True):
    """A run that is over."""

    id: str
    exit_code: int
    reason: str
    started_at: float
    finished_at: float
    signal: int = 0


class ExecResult(msgspec.Struct, frozen=True):
    """What a command inside a container left."""

    exit_code: int
    output: bytes = b""


class RuntimeFacts(msgspec.Struct, frozen=True):
    """What the runtime can do on this machine."""

    name: str
    mode: str = "none"
    """`root`, `userns` or `none`: how Pods are kept apart."""
    mounts: int = 0
    """0 none, 1 binds, 2 overlay too, 3 overlay with userxattr."""
    cgroups: str = "none"
    why: str = ""
    """Why the mode is not better."""

    @property
    def has_network(self) -> bool:
        """Whether each Pod has a network of its own."""
        return self.mode != "none"


class Probed(msgspec.Struct, frozen=True):
    """One outcome of a probe."""

    is_success: bool
    message: str = ""


OnExit = Callable[[Ended], None]
OnReset = Callable[[], None]


class ProbeTarget(msgspec.Struct, frozen=True):
    """What a probe is aimed at."""

    container_id: str
    address: str
    ports: dict[str, int] = {}
    """Named ports of the container."""
    env: dict[str, str] = {}
    uses_host_network: bool = False
