"""The supervisor's loop: one thread, one selector, one table of programs.

Requests come from the agent; every operation is short. A program's end is noticed by SIGCHLD, whatever it left behind is
killed, its output is drained, its record is written, and only then the exit is announced. When the agent goes away nothing
happens to the programs; when the supervisor is told to stop, everything below it is killed.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import traceback
from collections.abc import Callable

from pilothouse.cluster.nodeagent.supervisor import procfs, timesource
from pilothouse.cluster.nodeagent.supervisor.cgroups import Cgroups
from pilothouse.cluster.nodeagent.supervisor.children import spawn
from pilothouse.cluster.nodeagent.supervisor.logs import LogSink
from pilothouse.cluster.nodeagent.supervisor.protocol import MAX_FDS, Message
from pilothouse.cluster.nodeagent.supervisor.sandbox.network import MACHINE, NodeNetwork
from pilothouse.cluster.nodeagent.supervisor.server import Refused, Server
from pilothouse.cluster.nodeagent.supervisor.stdio import Output, Stdio
from pilothouse.cluster.nodeagent.supervisor.table import Child, Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DRAIN_S = 1.0
_STOP_S = 10.0
_CHECK_S = 5.0


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _kill_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


class Supervisor:
    """Owner of all programs of one data directory."""

    def __init__(self, data_dir: str, network: NodeNetwork, hello: dict[str, Any]) -> None:
        """Serve `data_dir`; `hello` is the description given to whoever asks."""
        self.tag = procfs.mark_of(data_dir)
        self._network = network
        self.cgroups = Cgroups(self.tag)
        self._hello = {**hello, "cgroups": self.cgroups.kind}
        self._selector = selectors.DefaultSelector()
        self._server = Server(self._selector, self._connection_ended)
        self._children: dict[str, Child] = {}
        self._by_pid: dict[int, Child] = {}
        self._ending: set[Child] = set()
        self._sessions: dict[int, Session] = {}
        self._is_stopping = False
        self._check_at = timesource.monotonic() + _CHECK_S
        self._server.operations = {
            "hello": lambda _s, _m, _f: self._hello,
            "watch": lambda connection, _m, _f: self._server.watch(connection),
            "list": lambda _s, _m, _f: self._list(),
            "sandbox": lambda _s, message, _f: self._create_sandbox(str(message["id"]), str(message["address"])),
            "remove-sandbox": lambda _s, message, _f: self._remove_sandbox(str(message["id"])),
            "start": self._start,
            "signal": lambda _s, message, _f: self._signal(message),
            "stop": lambda _s, message, _f: self._stop_container(message),
            "forget": lambda _s, message, _f: self._forget(str(message["id"])),
            "exec": self._exec,
            "attach": self._attach,
            "close-stdin": lambda _s, message, _f: self._close_stdin(message),
            "sockets": self._sockets,
            "shutdown": lambda _s, _m, _f: self._begin_stop(),
        }

    def run(self, server: socket.socket, is_wanted: Callable[[], bool]) -> None:
        """Serve until told to stop or no longer wanted (the directory is gone); returns when no program is left."""
        wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._server.listen(server)
        self._selector.register(wake, selectors.EVENT_READ, lambda: self._drain_wakeups(wake))
        while not self._is_stopping:
            for key, _ in self._selector.select(self._timeout_s()):
                self._handle(key)
            self._reap()
            self._tick()
            if timesource.monotonic() >= self._check_at:
                self._check_at = timesource.monotonic() + _CHECK_S
                self._is_stopping = self._is_stopping or not is_wanted()
        self._kill_everything()

    def _handle(self, key: selectors.SelectorKey) -> None:
        """Run what an event calls for; a bug in it costs one descriptor, never the programs of every Pod."""
        try:
            key.data()
        except Exception:  # noqa: BLE001 - as said above
            traceback.print_exc()
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(key.fileobj)

    def _on_term(self, _number: int, _frame: object) -> None:
        self._is_stopping = True

    def _begin_stop(self) -> Message:
        self._is_stopping = True
        return {}

    @staticmethod
    def _drain_wakeups(wake: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(wake, 512):
                pass

    def _timeout_s(self) -> float:
        moments = [self._check_at]
        moments += [child.kill_at for child in self._by_pid.values() if child.kill_at]
        moments += [child.drain_until for child in self._ending]
        return max(0.0, min(moments) - timesource.monotonic())

    def _tick(self) -> None:
        now = timesource.monotonic()
        for child in [child for child in self._by_pid.values() if child.kill_at and child.kill_at <= now]:
            child.kill_at = 0.0
            self._kill_tree(child)
        over = [child for child in self._ending if not child.is_writing or child.drain_until <= now]
        for child in [child for child in over if child.is_reported]:
            self._settle(child)

    def _connection_ended(self, connection: socket.socket) -> None:
        for session in self._sessions.values():
            if session.connection is connection:
                _kill_group(session.pid, signal.SIGKILL)

    def _list(self) -> Message:
        return {"containers": [child.describe() for child in self._children.values()], "sandboxes": self._network.addresses}

    def _create_sandbox(self, name: str, address: str) -> Message:
        self._network.create(name, address)
        return {}

    def _remove_sandbox(self, name: str) -> Message:
        for child in [child for child in self._by_pid.values() if child.sandbox == name]:
            self._kill_tree(child)
        self._network.remove(name)
        return {}

    def _sockets(self, connection: socket.socket, message: Message, _fds: list[int]) -> None:
        kind = socket.SOCK_DGRAM if message.get("kind") == "udp" else socket.SOCK_STREAM
        count = max(1, min(MAX_FDS, int(message.get("count", 1))))
        with self._network.inside(str(message.get("sandbox") or "")):
            made = [socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK) for _ in range(count)]
        try:
            self._server.send(connection, {"count": count, "seq": message.get("seq", 0)}, [one.fileno() for one in made])
        finally:
            for one in made:
                one.close()

    def _start(self, connection: socket.socket, message: Message, _fds: list[int]) -> None:
        spec = dict(message["spec"])
        if spec["id"] in self._children:
            raise Refused(f"container {spec['id']} was started already")
        if spec.get("sandbox") not in {None, "", MACHINE, *self._network.addresses}:
            raise Refused(f"sandbox {spec['sandbox']} does not exist")
        spec["env"] = {**(spec.get("env") or {}), procfs.MARK: f"{self.tag}/{spec['id']}"}
        sink = LogSink(spec["log"]) if spec.get("log") else None
        stdio = Stdio(spec)
        try:
            pid, report = spawn(spec, self._network, stdio.child)
        finally:
            stdio.close_child()
        child = Child(spec, pid, procfs.start_time(pid), timesource.now())
        child.sink, child.stdin = sink, stdio.stdin
        self.cgroups.create(child.id, spec.get("cgroup") or {}, pid)
        self._children[child.id] = self._by_pid[pid] = child
        child.outputs = {name: Output(self._selector, reader, name, sink) for name, reader in stdio.readers.items()}
        self._await_report(report, lambda error: self._started(connection, int(message.get("seq", 0)), child, error))

    def _await_report(self, report: int, done: Callable[[str], None]) -> None:
        collected = bytearray()

        def readable() -> None:
            data = os.read(report, 4096)
            collected.extend(data)
            if not data:
                self._selector.unregister(report)
                os.close(report)
                done(collected.decode("utf-8", "replace"))

        self._selector.register(report, selectors.EVENT_READ, readable)

    def _started(self, connection: socket.socket, seq: int, child: Child, error: str) -> None:
        child.is_reported = True
        if error:
            self._children.pop(child.id, None)
            self._server.send(connection, {"error": error, "stage": "start", "seq": seq})
            return
        child.save()
        self._server.send(connection, {"pid": child.pid, "startedAt": child.started_at, "seq": seq})

    def _exec(self, connection: socket.socket, message: Message, fds: list[int]) -> None:
        leader = self._running(message)
        if leader is None:
            raise Refused(f"container {message['id']} does not run")
        if len(fds) != 3:
            raise Refused("exec needs three descriptors: stdin, stdout, stderr")
        spec = {**leader.identity, **message["spec"], "sandbox": leader.sandbox}
        own = procfs.environment_of(leader.pid)
        spec["env"] = {**own, **(spec.get("env") or {}), procfs.MARK: f"{self.tag}/{leader.id}"}
        pid, report = spawn(spec, self._network, (fds[0], fds[1], fds[2]), leader.pid)
        self.cgroups.create(leader.id, {}, pid)
        session = self._sessions[pid] = Session(connection, pid, int(message.get("seq", 0)))

        def reported(error: str) -> None:
            session.is_reported = True
            answer: Message = {"error": error, "stage": "start"} if error else {"pid": pid}
            self._server.send(connection, {**answer, "seq": session.seq})
            self._tell_end(session)

        self._await_report(report, reported)

    def _attach(self, connection: socket.socket, message: Message, fds: list[int]) -> None:
        """Copy output from now on to the descriptors of `streams`; answers with the program's input, if it has one."""
        child, streams = self._running(message), [str(name) for name in message.get("streams", ())]
        if child is None:
            raise Refused(f"container {message['id']} does not run")
        if len(fds) != len(streams):
            raise Refused("attach needs one descriptor for each stream")
        for name, fd in zip(streams, fds):
            if name in child.outputs:
                child.outputs[name].attach(os.dup(fd))
        given = [child.stdin] if child.stdin >= 0 else []
        self._server.send(connection, {"count": len(given), "seq": message.get("seq", 0)}, given)

    def _close_stdin(self, message: Message) -> Message:
        child = self._running(message)
        if child is not None:
            child.close_stdin()
        return {}

    def _tell_end(self, session: Session) -> None:
        if session.is_reported and session.exit_code is not None:
            self._server.send(session.connection, {"event": "exec-exit", "pid": session.pid, "exitCode": session.exit_code})

    def _signal(self, message: Message) -> Message:
        child = self._running(message)
        number = int(message["signal"])
        if child is not None and number == signal.SIGKILL:
            self._kill_tree(child)
        elif child is not None:
            _kill_group(child.pid, number)
        return {"running": child is not None}

    def _stop_container(self, message: Message) -> Message:
        child = self._running(message)
        if child is not None:
            deadline = timesource.monotonic() + max(0.0, float(message.get("grace_s", 30)))
            child.kill_at = min(child.kill_at, deadline) if child.kill_at else deadline
            _kill_group(child.pid, int(message.get("signal", signal.SIGTERM)))
        return {"running": child is not None}

    def _running(self, message: Message) -> Child | None:
        child = self._children.get(str(message["id"]))
        return child if child is not None and child.exit_code is None else None

    def _forget(self, name: str) -> Message:
        child = self._children.get(name)
        if child is not None and (child.exit_code is None or child in self._ending):
            raise Refused(f"container {name} still runs")
        self._children.pop(name, None)
        return {}

    def _kill_tree(self, child: Child) -> None:
        victims = {*procfs.descendants(child.pid), *procfs.marked(f"{self.tag}/{child.id}")}
        _kill_group(child.pid, signal.SIGKILL)
        for pid in victims:
            _kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            session = self._sessions.pop(pid, None)
            if session is not None:
                code = os.waitstatus_to_exitcode(status)
                session.exit_code = 128 - code if code < 0 else code
                self._tell_end(session)
            child = self._by_pid.pop(pid, None)
            if child is not None:
                child.finish(status, timesource.now(), self.cgroups.is_oom_killed(child.id))
                self._kill_left(child)
                child.drain_until = timesource.monotonic() + _DRAIN_S
                self._ending.add(child)

    def _kill_left(self, child: Child) -> None:
        """Kill what the program left behind, also daemons that left its process group."""
        _kill_group(child.pid, signal.SIGKILL)
        for left in procfs.marked(f"{self.tag}/{child.id}"):
            _kill(left, signal.SIGKILL)

    def _settle(self, child: Child) -> None:
        self._ending.discard(child)
        for left in procfs.marked(f"{self.tag}/{child.id}"):
            _kill(left, signal.SIGKILL)
        for output in child.outputs.values():
            output.close()
        child.close_stdin()
        if child.sink is not None:
            child.sink.close()
        self.cgroups.remove(child.id)
        if self._children.get(child.id) is child:
            child.save()
            self._server.announce({"event": "exit", **child.describe()})

    def _kill_everything(self) -> None:
        own, deadline = os.getpid(), timesource.monotonic() + _STOP_S
        while timesource.monotonic() < deadline:
            victims = {*procfs.descendants(own), *procfs.marked(f"{self.tag}/")}
            for pid in victims:
                _kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if not victims:
                break
            self._selector.select(0.02)
        for child in self._children.values():
            if child.exit_code is None:
                child.finish(signal.SIGKILL, timesource.now(), is_oom=False)
                child.save()
            self.cgroups.remove(child.id)
        for name in list(self._network.addresses):
            self._network.remove(name)
        self.cgroups.remove_all()
