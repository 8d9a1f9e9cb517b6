"""`python -m pilothouse.cluster.nodeagent.supervisor DIR`: become the daemon that owns the programs of DIR.

The caller's process ends once the daemon answers on its socket: exit code 0, or 3 when another supervisor holds the
directory, or 1 with the reason on stderr. PILOTHOUSE_SANDBOX (auto, root, userns, none) chooses the isolation to try.
"""

from __future__ import annotations

import fcntl
import gc
import os
import resource
import socket
import sys

from pilothouse.cluster.nodeagent.supervisor import procfs, timesource
from pilothouse.cluster.nodeagent.supervisor.loop import Supervisor
from pilothouse.cluster.nodeagent.supervisor.protocol import reach
from pilothouse.cluster.nodeagent.supervisor.records import write_record
from pilothouse.cluster.nodeagent.supervisor.sandbox import syscalls
from pilothouse.cluster.nodeagent.supervisor.sandbox.detect import detect_mounts
from pilothouse.cluster.nodeagent.supervisor.sandbox.network import NodeNetwork, enter_private_network

VERSION = 1
_OPEN_FILES = 65536
RECORD, SOCKET, LOCK, LOG = "supervisor.json", "supervisor.sock", "supervisor.lock", "supervisor.log"


def _choose_network() -> tuple[str, str]:
    """Try the best isolation in a throw-away child, so that a refusal half-way leaves this process untouched."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            mode, reason = enter_private_network(os.environ.get("PILOTHOUSE_SANDBOX", "auto"))
            NodeNetwork(mode)
        except OSError as error:
            mode, reason = "none", f"the kernel cannot connect network namespaces ({error})"
        os.write(writer, f"{mode} {reason}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        mode, _, reason = pipe.read().decode().partition(" ")
    os.waitpid(pid, 0)
    return mode or "none", reason


def _listen(folder: str) -> socket.socket:
    path = os.path.join(folder, SOCKET)
    if os.path.lexists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with reach(path) as address:
        server.bind(address)
    os.chmod(path, 0o600)
    server.listen(64)
    return server


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def is_same_file(fd: int, path: str) -> bool:
    """Tell whether `path` still is the open file `fd`: false once somebody removed the data directory."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


def _serve(folder: str, ready: int, lock: int) -> None:
    os.setsid()
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    _raise_file_limit()
    server = _listen(folder)
    machine = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    mode, reason = _choose_network()
    if mode != "none":
        enter_private_network(mode)
    network = NodeNetwork(mode, machine)
    level = detect_mounts(folder) if network.mode != "none" else 0
    hello = {
        "version": VERSION,
        "pid": os.getpid(),
        "mode": network.mode,
        "why": reason,
        "mounts": level,
        "startedAt": timesource.now(),
    }
    supervisor = Supervisor(folder, network, hello)
    identity = {"pid": os.getpid(), "startedTicks": procfs.start_time(os.getpid()), "mode": network.mode, "version": VERSION}
    write_record(os.path.join(folder, RECORD), identity)
    _redirect(folder)
    gc.collect()
    gc.freeze()
    gc.disable()
    os.write(ready, b"ok")
    os.close(ready)
    supervisor.run(server, lambda: is_same_file(lock, os.path.join(folder, LOCK)))
    for name in (SOCKET, RECORD):
        if is_same_file(lock, os.path.join(folder, LOCK)):
            os.unlink(os.path.join(folder, name))


def _redirect(folder: str) -> None:
    log = os.open(os.path.join(folder, LOG), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    for fd in (log, null):
        os.close(fd)


def main(arguments: list[str]) -> int:
    """Start the daemon for the directory in `arguments` and wait until it is ready."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m pilothouse.cluster.nodeagent.supervisor DIR\n")
        return 2
    folder = os.path.realpath(arguments[0])
    os.makedirs(folder, mode=0o700, exist_ok=True)
    lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"another supervisor holds {folder}\n")
        return 3
    reader, writer = os.pipe2(os.O_CLOEXEC)
    if os.fork() == 0:
        os.close(reader)
        try:
            _serve(folder, writer, lock)
        except OSError as error:
            sys.stderr.write(f"supervisor of {folder} failed: {error}\n")
            os._exit(1)
        os._exit(0)
    os.close(writer)
    return 0 if os.read(reader, 2) == b"ok" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
