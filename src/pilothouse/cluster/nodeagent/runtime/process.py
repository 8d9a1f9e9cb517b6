"""The process runtime: containers are real process groups, owned by the supervisor.

This is the agent's adapter to it: launch requests, stops, execs, and probes dialled through the node's network. Losing the
supervisor ends its programs (they die with it); the runtime then starts a new one and reports every run as ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from typing import Any

from pilothouse.cluster.nodeagent.adapters import commands
from pilothouse.cluster.nodeagent.adapters.commands import RunningCommand
from pilothouse.cluster.nodeagent.adapters.degraded import degrade
from pilothouse.cluster.nodeagent.adapters.probes import run_probe
from pilothouse.cluster.nodeagent.adapters.supervisor import Connection, SocketSource, connect
from pilothouse.cluster.nodeagent.errors import RuntimeFailure, StartFailed, SupervisorUnavailable, UnsupportedPod
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
from pilothouse.cluster.nodeagent.supervisor.protocol import Message
from pilothouse.cluster.nodeagent.supervisor.sandbox.mounts import MACHINE_ROOT
from pilothouse.cluster.nodeagent.supervisor.sandbox.network import MACHINE
from pilothouse.kit.aio import TaskScope, offload
from pilothouse.kit.clock import Clock

MAX_OUTPUT_BYTES = 64 << 10
RECOVER_S = 1.0
COVERED = {"/etc/hosts", "/etc/resolv.conf", "/etc/hostname"}
logger = logging.getLogger("pilothouse.nodeagent")


def ended_from(record: Message) -> Ended | None:
    """Return the end in a supervisor's record, None while it runs."""
    if record.get("exitCode") is None:
        return None
    times = float(record.get("startedAt", 0)), float(record.get("finishedAt", 0))
    return Ended(
        str(record["id"]), int(record["exitCode"]), str(record.get("reason") or "Error"), *times, int(record.get("signal", 0))
    )


async def _connected(sock: socket.socket, address: str, port: int) -> socket.socket:
    try:
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except (OSError, asyncio.CancelledError):
        sock.close()
        raise
    return sock


class ProcessRuntime:
    """Programs of one data directory."""

    def __init__(self, data_dir: str, clock: Clock) -> None:
        """Use the supervisor of `data_dir`."""
        self._data_dir, self._clock = data_dir, clock
        self._connection: Connection | None = None
        self._on_exit: OnExit | None = None
        self._on_reset: OnReset | None = None
        self._sockets = SocketSource(data_dir)
        self._tasks = TaskScope("process-runtime")
        self._facts = RuntimeFacts("process")
        self._running: set[str] = set()
        self._is_stopping = False

    @property
    def facts(self) -> RuntimeFacts:
        """What this machine allows."""
        return self._facts

    async def start(self, on_exit: OnExit, on_reset: OnReset) -> None:
        """Find or start the supervisor."""
        self._on_exit, self._on_reset = on_exit, on_reset
        await self._connect()

    async def _connect(self) -> None:
        connection = await connect(self._data_dir, self._heard, self._lost)
        hello = await connection.call("hello")
        await connection.call("watch")
        self._facts = RuntimeFacts("process", hello["mode"], hello["mounts"], hello["cgroups"], hello.get("why", ""))
        self._connection = connection

    def _heard(self, message: Message) -> None:
        end = ended_from(message) if message.get("event") == "exit" else None
        if end is not None and self._on_exit is not None:
            self._running.discard(end.id)
            self._on_exit(end)

    def _lost(self) -> None:
        self._connection = None
        if not self._is_stopping:
            self._tasks.spawn(self._recover(), "recover")

    async def _recover(self) -> None:
        lost, self._running = self._running, set()
        self._sockets.close()
        while self._connection is None and not self._is_stopping:
            try:
                await self._connect()
            except SupervisorUnavailable as error:
                logger.warning("%s; trying again", error)
                await self._clock.sleep(RECOVER_S)
        if self._on_reset is not None:
            self._on_reset()
        now = self._clock.now()
        for name in lost:
            if self._on_exit is not None:
                self._on_exit(Ended(name, 137, "ContainerStatusUnknown", 0.0, now, 9))

    async def stop(self) -> None:
        """Disconnect; programs go on."""
        self._is_stopping = True
        self._sockets.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        await self._tasks.close()

    async def _call(self, op: str, **fields: Any) -> Message:
        if self._connection is None:
            await self._connect()
        assert self._connection is not None
        return await self._connection.call(op, **fields)

    async def known(self) -> dict[str, Ended | None]:
        """Return the supervisor's table."""
        listed = (await self._call("list"))["containers"]
        found = {str(record["id"]): ended_from(record) for record in listed}
        self._running = {name for name, end in found.items() if end is None}
        return found

    async def create_sandbox(self, uid: str, address: str) -> None:
        """Make the Pod's network."""
        await self._call("sandbox", id=uid, address=address)

    async def remove_sandbox(self, uid: str) -> None:
        """Kill what is left and give the network back."""
        await self._call("remove-sandbox", id=uid)

    async def run(self, launch: Launch) -> Running:
        """Start the program."""
        if launch.uses_host_network and self._facts.mode == "userns":
            raise UnsupportedPod(
                "hostNetwork is not available: the platform runs as an ordinary user, inside a user namespace",
                fix="run the platform as root, or set PILOTHOUSE_SANDBOX=none",
            )
        spec = await offload(self._spec, launch)
        try:
            answer = await self._call("start", spec=spec)
        except StartFailed as error:
            raise StartFailed(error.message.partition(": ")[2] or error.message) from error
        self._running.add(launch.id)
        return Running(launch.id, float(answer["startedAt"]), int(answer["pid"]))

    def _spec(self, launch: Launch) -> Message:
        os.makedirs(launch.folder, exist_ok=True)
        covered = [bind for bind in launch.binds if bind.target in COVERED]
        if self._facts.mounts < 2:
            launch = degrade(launch)
        spec: Message = {
            "id": launch.id,
            "sandbox": MACHINE if launch.uses_host_network else launch.pod_uid,
            "argv": list(launch.argv),
            "env": launch.env,
            "cwd": launch.cwd,
            "folder": launch.folder,
            "log": launch.log,
            "hostname": launch.hostname,
            "labels": launch.labels,
            "stdin": launch.has_stdin,
            "tty": launch.has_tty,
            "uid": launch.uid,
            "gid": launch.gid,
            "groups": list(launch.groups),
            "privileged": launch.is_privileged,
            "no_new_privs": launch.no_new_privileges,
            "cap_add": list(launch.cap_add),
            "cap_drop": list(launch.cap_drop),
            "cgroup": {"memory_bytes": launch.memory_bytes, "cpu_milli": launch.cpu_milli, "cpu_shares": launch.cpu_shares},
            "rlimits": {"core": 0},
        }
        if self._facts.cgroups == "none" and launch.memory_bytes:
            spec["rlimits"]["data"] = launch.memory_bytes
        if self._facts.mounts == 1:
            binds = [{"source": b.source, "target": b.target} for b in covered]
            spec["root"] = {"folder": launch.folder, "base": MACHINE_ROOT, "binds": binds}
        if self._facts.mounts >= 2:
            spec["root"] = {
                "folder": launch.folder,
                "layers": list(launch.layers),
                "base": launch.base or "scratch",
                "hide": os.path.realpath(self._data_dir),
                "readonly": launch.is_readonly_root,
                "privileged": launch.is_privileged,
                "overlay_options": ",userxattr" if self._facts.mounts == 3 else "",
                "binds": [{"source": b.source, "target": b.target, "readonly": b.readonly} for b in launch.binds],
            }
        return spec

    async def stop_container(self, container_id: str, signal: int, grace_s: float) -> None:
        """Signal the whole process group."""
        await self._call("stop", id=container_id, signal=signal, grace_s=grace_s)

    async def forget(self, container_id: str) -> None:
        """Drop the supervisor's record."""
        with contextlib.suppress(RuntimeFailure):
            await self._call("forget", id=container_id)

    async def execute(self, container_id: str, argv: list[str], env: dict[str, str], timeout_s: float) -> ExecResult:
        """Run a command in the container's namespaces and collect its output."""
        ends: asyncio.Queue[Message] = asyncio.Queue()
        side = Connection(self._data_dir, ends.put_nowait)
        side.open()
        reader, writer = os.pipe2(os.O_CLOEXEC)
        null = os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC)
        output = bytearray()
        done = asyncio.Event()

        def readable() -> None:
            data = os.read(reader, 65536)
            output.extend(data[: max(0, MAX_OUTPUT_BYTES - len(output))])
            if not data:
                asyncio.get_running_loop().remove_reader(reader)
                done.set()

        try:
            asyncio.get_running_loop().add_reader(reader, readable)
            async with asyncio.timeout(timeout_s):
                spec = {"argv": argv, "env": env}
                await side.request("exec", [null, writer, writer], id=container_id, spec=spec)
                os.close(writer)
                writer = -1
                end = await ends.get()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await done.wait()
            return ExecResult(int(end["exitCode"]), bytes(output))
        finally:
            asyncio.get_running_loop().remove_reader(reader)
            side.close()
            for fd in (reader, writer, null):
                if fd >= 0:
                    os.close(fd)

    async def open_command(self, container_id: str, argv: list[str], streams: frozenset[str]) -> RunningCommand:
        """Run a command with a client at the other end."""
        return await commands.execute(self._data_dir, container_id, argv, streams)

    async def attach(self, container_id: str, streams: frozenset[str], is_stdin_once: bool) -> RunningCommand:
        """Connect a client to a container's own program."""
        return await commands.attach(self._data_dir, container_id, streams, is_stdin_once=is_stdin_once)

    async def dial_inside(self, pod_uid: str, address: str, port: int, is_host: bool) -> socket.socket:
        """Connect to a port of a Pod as a program inside it would."""
        if is_host or not self._facts.has_network:
            try:
                return await self.dial(address, port, is_host=True)
            except OSError:
                return await self.dial("127.0.0.1", port, is_host=True)
        sock = await self._sockets.take_inside(pod_uid)
        return await _connected(sock, "127.0.0.1", port)

    async def dial(self, address: str, port: int, is_host: bool) -> socket.socket:
        """Connect to an address of the node's network."""
        if self._facts.has_network and not is_host:
            sock = await self._sockets.take()
        else:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
            sock.setblocking(False)
        return await _connected(sock, address, port)

    async def probe(self, kind: str, probe: dict[str, Any], target: ProbeTarget) -> Probed:
        """Run a command, fetch a page or connect, inside the Pod's network."""

        async def dial(address: str, port: int) -> socket.socket:
            return await self.dial(address, port, target.uses_host_network)

        async def execute(argv: list[str], timeout_s: float) -> ExecResult:
            return await self.execute(target.container_id, argv, target.env, timeout_s)

        return await run_probe(probe, target, dial, execute, self._clock)
