"""The agent's end of the supervisor: start it or find it again, ask it things, hear of exits.

`connect` is called by the process runtime when the agent starts: a supervisor that still serves the directory (same pid, same
start time) is reused, so restarting the platform leaves Pods alone. `SocketSource` hands out sockets made inside the node's
private network, for probes and the service proxy. Nothing here blocks the loop: the socket is watched with `add_reader`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pilothouse
from pilothouse.cluster.nodeagent.errors import RuntimeFailure, StartFailed, SupervisorUnavailable
from pilothouse.cluster.nodeagent.supervisor import procfs
from pilothouse.cluster.nodeagent.supervisor.protocol import Broken, Channel, Message, reach
from pilothouse.cluster.nodeagent.supervisor.records import read_record
from pilothouse.kit.aio import offload

MODULE = "pilothouse.cluster.nodeagent.supervisor"
RECORD, SOCKET, LOG = "supervisor.json", "supervisor.sock", "supervisor.log"
START_TIMEOUT_S = 30.0
CALL_TIMEOUT_S = 30.0


def python_environment(**extra: str) -> dict[str, str]:
    """Return the environment of the platform's own helper programs: this package importable, nothing else inherited."""
    home = str(Path(pilothouse.__file__).resolve().parent.parent)
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "PILOTHOUSE_SANDBOX", "TZ") if key in os.environ}
    return {**kept, "PYTHONPATH": home, **extra}


def is_running(data_dir: str) -> bool:
    """Tell whether the directory's supervisor lives: the recorded pid with the recorded start time."""
    record = read_record(os.path.join(data_dir, RECORD))
    return record is not None and procfs.is_alive(int(record.get("pid", 0)), int(record.get("startedTicks", 0)))


def launch(data_dir: str) -> None:
    """Start a supervisor for `data_dir` unless one runs; raises SupervisorUnavailable with its own words."""
    if is_running(data_dir):
        return
    command = [sys.executable, "-S", "-m", MODULE, data_dir]
    try:
        done = subprocess.run(
            command, env=python_environment(), capture_output=True, timeout=START_TIMEOUT_S, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SupervisorUnavailable(f"the supervisor of {data_dir} does not start: {error}") from error
    if done.returncode not in {0, 3}:
        text = done.stderr.decode("utf-8", "replace").strip()[-2000:]
        raise SupervisorUnavailable(f"the supervisor of {data_dir} does not start (exit code {done.returncode}): {text}")


class Connection:
    """One connection to the supervisor, with answers matched to requests by number."""

    def __init__(
        self, data_dir: str, on_event: Callable[[Message], None] | None = None, on_lost: Callable[[], None] | None = None
    ) -> None:
        """Prepare a connection; `on_event` hears announcements, `on_lost` that the supervisor is gone."""
        self._data_dir, self._on_event, self._on_lost = data_dir, on_event, on_lost
        self._channel: Channel | None = None
        self._waiting: dict[int, asyncio.Future[tuple[Message, list[int]]]] = {}
        self._seq = 0

    def open(self) -> None:
        """Connect; raises SupervisorUnavailable when nobody listens."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with reach(os.path.join(self._data_dir, SOCKET)) as address:
                sock.connect(address)
        except OSError as error:
            sock.close()
            raise SupervisorUnavailable(f"the supervisor of {self._data_dir} does not answer: {error}") from error
        sock.setblocking(False)
        self._channel = Channel(sock)
        asyncio.get_running_loop().add_reader(sock.fileno(), self._readable)

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        return self._channel is not None

    def close(self) -> None:
        """Close the connection and fail whoever waits on it; safe to call twice."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(channel.sock.fileno())
        loop.remove_writer(channel.sock.fileno())
        channel.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(SupervisorUnavailable("the connection to the supervisor ended"))
        self._waiting.clear()

    def _readable(self) -> None:
        channel = self._channel
        if channel is None:
            return
        try:
            channel.receive()
            while (message := channel.take()) is not None:
                self._deliver(message, channel)
        except BlockingIOError:
            return
        except (Broken, OSError):
            self.close()
            if self._on_lost is not None:
                self._on_lost()

    def _deliver(self, message: Message, channel: Channel) -> None:
        if "event" in message:
            if self._on_event is not None:
                self._on_event(message)
            return
        fds = channel.take_fds() if message.get("count") else []
        future = self._waiting.pop(int(message.get("seq", 0)), None)
        if future is None or future.done():
            for fd in fds:
                os.close(fd)
            return
        future.set_result((message, fds))

    def _writable(self) -> None:
        channel = self._channel
        if channel is not None and channel.flush():
            asyncio.get_running_loop().remove_writer(channel.sock.fileno())

    async def request(self, op: str, fds: list[int] | None = None, **fields: Any) -> tuple[Message, list[int]]:
        """Send one request and return the answer with its descriptors; raises RuntimeFailure with the supervisor's words."""
        channel = self._channel
        if channel is None:
            raise SupervisorUnavailable(f"not connected to the supervisor of {self._data_dir}")
        self._seq += 1
        seq = self._seq
        future: asyncio.Future[tuple[Message, list[int]]] = asyncio.get_running_loop().create_future()
        self._waiting[seq] = future
        try:
            channel.send({"op": op, "seq": seq, **fields}, fds)
        except OSError as error:
            self.close()
            raise SupervisorUnavailable(f"the supervisor of {self._data_dir} went away: {error}") from error
        if channel.outgoing:
            asyncio.get_running_loop().add_writer(channel.sock.fileno(), self._writable)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                answer, received = await future
        except TimeoutError as error:
            raise SupervisorUnavailable(f"the supervisor did not answer {op} within {CALL_TIMEOUT_S:.0f} s") from error
        finally:
            self._waiting.pop(seq, None)
        if "error" in answer:
            family = StartFailed if answer.get("stage") == "start" else RuntimeFailure
            raise family(str(answer["error"]))
        return answer, received

    async def call(self, op: str, **fields: Any) -> Message:
        """Send one request that passes no descriptors and return the answer."""
        answer, _ = await self.request(op, None, **fields)
        return answer


async def connect(
    data_dir: str, on_event: Callable[[Message], None] | None = None, on_lost: Callable[[], None] | None = None
) -> Connection:
    """Return a connection to the directory's supervisor, starting it when there is none."""
    await offload(launch, data_dir)
    connection = Connection(data_dir, on_event, on_lost)
    connection.open()
    return connection


class SocketSource:
    """Sockets made inside the node's private network, fetched in batches."""

    def __init__(self, data_dir: str, batch: int = 8) -> None:
        """Fetch from the supervisor of `data_dir`, `batch` at a time."""
        self._connection = Connection(data_dir)
        self._batch = batch
        self._ready: dict[str, list[socket.socket]] = {"tcp": [], "udp": []}
        self._lock = asyncio.Lock()

    async def take(self, kind: str = "tcp") -> socket.socket:
        """Return an unconnected, non-blocking socket of the node's network; the caller closes it."""
        ready = self._ready[kind]
        if not ready:
            async with self._lock:
                if not ready:
                    if not self._connection.is_open:
                        self._connection.open()
                    _, fds = await self._connection.request("sockets", kind=kind, count=self._batch)
                    ready.extend(socket.socket(fileno=fd) for fd in fds)
        return ready.pop()

    async def take_inside(self, sandbox: str) -> socket.socket:
        """Return an unconnected socket of one Pod's own network: it reaches what listens on the Pod's loopback only."""
        if not self._connection.is_open:
            self._connection.open()
        _, fds = await self._connection.request("sockets", kind="tcp", count=1, sandbox=sandbox)
        return socket.socket(fileno=fds[0])

    def close(self) -> None:
        """Close the connection and the sockets nobody took."""
        self._connection.close()
        for ready in self._ready.values():
            while ready:
                ready.pop().close()


def ask(data_dir: str, op: str, **fields: Any) -> Message:
    """Ask the supervisor one thing without an event loop; raises SupervisorUnavailable or RuntimeFailure."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(CALL_TIMEOUT_S)
        channel = Channel(sock)
        try:
            with reach(os.path.join(data_dir, SOCKET)) as address:
                sock.connect(address)
            channel.send({"op": op, **fields})
            answer = channel.wait()
        except (OSError, Broken) as error:
            raise SupervisorUnavailable(f"the supervisor of {data_dir} does not answer: {error}") from error
    if "error" in answer:
        raise RuntimeFailure(str(answer["error"]))
    return answer
