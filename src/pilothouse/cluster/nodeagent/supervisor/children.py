"""Forking a Pod's programs: everything between fork and exec, and the table of those that run.

The parent's half returns at once with the pid and a pipe; the child's half enters the Pod's network, builds its root, takes
its limits and identity and replaces itself with the program. Whatever goes wrong in the child is written to the pipe as one
line "stage: reason"; an empty pipe at its end means the program runs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal

from pilothouse.cluster.nodeagent.supervisor.sandbox import syscalls
from pilothouse.cluster.nodeagent.supervisor.sandbox.mounts import RootPlan, build_root
from pilothouse.cluster.nodeagent.supervisor.sandbox.network import NodeNetwork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_CAPABILITIES = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7,
    "SETPCAP": 8, "LINUX_IMMUTABLE": 9, "NET_BIND_SERVICE": 10, "NET_BROADCAST": 11, "NET_ADMIN": 12, "NET_RAW": 13,
    "IPC_LOCK": 14, "IPC_OWNER": 15, "SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_CHROOT": 18, "SYS_PTRACE": 19, "SYS_PACCT": 20,
    "SYS_ADMIN": 21, "SYS_BOOT": 22, "SYS_NICE": 23, "SYS_RESOURCE": 24, "SYS_TIME": 25, "SYS_TTY_CONFIG": 26, "MKNOD": 27,
    "LEASE": 28, "AUDIT_WRITE": 29, "AUDIT_CONTROL": 30, "SETFCAP": 31,
}  # fmt: skip
_DEFAULT_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
)  # fmt: skip
_PR_CAPBSET_DROP = 24
_RLIMITS = {
    "nofile": resource.RLIMIT_NOFILE,
    "nproc": resource.RLIMIT_NPROC,
    "core": resource.RLIMIT_CORE,
    "data": resource.RLIMIT_DATA,
    "as": resource.RLIMIT_AS,
    "fsize": resource.RLIMIT_FSIZE,
    "stack": resource.RLIMIT_STACK,
}


class Failure(Exception):
    """A step between fork and exec that was refused."""


def spawn(spec: dict[str, Any], network: NodeNetwork, stdio: tuple[int, int, int], leader: int = 0) -> tuple[int, int]:
    """Fork the program of `spec`; return its pid and the pipe that reports how the start went.

    `leader` is the pid of the running container whose mount and host name the program joins (exec); 0 starts a container.
    """
    report, writer = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        _child(spec, network, stdio, leader, writer)
    os.close(writer)
    return pid, report


def _child(spec: dict[str, Any], network: NodeNetwork, stdio: tuple[int, int, int], leader: int, writer: int) -> NoReturn:
    gc.disable()
    try:
        try:
            _prepare(spec, network, stdio, leader)
            _execute(spec)
        except (OSError, ValueError, Failure) as error:
            os.write(writer, f"{type(error).__name__}: {error}".encode()[:4000])
        except BaseException as error:  # noqa: BLE001 - a forked child must never fall back into the supervisor's code
            os.write(writer, f"internal {type(error).__name__}: {error}".encode()[:4000])
    finally:
        os._exit(128)


def _prepare(spec: dict[str, Any], network: NodeNetwork, stdio: tuple[int, int, int], leader: int) -> None:
    os.setsid()
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    for target, fd in enumerate(stdio):
        os.dup2(fd, target, inheritable=True)
    if spec.get("tty"):
        _control_terminal(spec.get("uid"))
    if spec.get("sandbox"):
        network.enter(spec["sandbox"])
    if leader:
        _join(leader, network.mode)
    else:
        if spec.get("hostname") and network.mode != "none":
            syscalls.unshare(syscalls.CLONE_NEWUTS)
            syscalls.sethostname(spec["hostname"])
        if spec.get("root"):
            build_root(RootPlan(spec["root"]))
    os.umask(0o022)
    os.chdir(_workdir(spec.get("cwd") or "/"))
    _limit(spec.get("rlimits") or {})
    _take_identity(spec)
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def _control_terminal(uid: int | None) -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if uid is not None:
        with contextlib.suppress(OSError):  # the program may open its terminal again by name
            os.fchown(0, int(uid), -1)


def _join(leader: int, mode: str) -> None:
    if mode == "none":
        return
    for kind, flag in (("uts", syscalls.CLONE_NEWUTS), ("mnt", syscalls.CLONE_NEWNS)):
        path = f"/proc/{leader}/ns/{kind}"
        if os.stat(path).st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino:
            continue
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        syscalls.setns(fd, flag)
        os.close(fd)


def _workdir(path: str) -> str:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise Failure(f"working directory {path} cannot be made ({error.strerror})") from error
    return path


def _limit(limits: dict[str, Any]) -> None:
    for name, value in limits.items():
        kind = _RLIMITS.get(name)
        if kind is None:
            continue
        _, hard = resource.getrlimit(kind)
        wanted = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(kind, (wanted, wanted))


def _take_identity(spec: dict[str, Any]) -> None:
    uid, gid = spec.get("uid"), spec.get("gid")
    if os.geteuid() == 0 and not spec.get("privileged"):
        wanted = {*_DEFAULT_CAPABILITIES, *spec.get("cap_add", ())} - set(spec.get("cap_drop", ()))
        keep = {_CAPABILITIES[name] for name in wanted if name in _CAPABILITIES}
        if "ALL" in spec.get("cap_drop", ()):
            keep = {_CAPABILITIES[name] for name in spec.get("cap_add", ()) if name in _CAPABILITIES}
        for number in range(41):
            if number not in keep:
                _drop(number)
    if os.geteuid() == 0 and (uid is not None or gid is not None):
        os.setgroups([int(group) for group in spec.get("groups", ())])
        os.setgid(int(gid or 0))
        os.setuid(int(uid or 0))
    elif uid is not None and int(uid) != os.geteuid():
        raise Failure(f"the program must run as user {uid}, but the platform runs as user {os.geteuid()} and cannot change it")
    if spec.get("no_new_privs"):
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)


def _drop(number: int) -> None:
    try:
        syscalls.prctl(_PR_CAPBSET_DROP, number)
    except OSError:
        return


def _execute(spec: dict[str, Any]) -> None:
    argv = [str(word) for word in spec["argv"]]
    env = {str(key): str(value) for key, value in (spec.get("env") or {}).items()}
    if not argv:
        raise Failure("no command given")
    if "/" in argv[0]:
        os.execve(argv[0], argv, env)  # noqa: S606 - running the Pod's program is the purpose
    refused = ""
    for folder in env.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":"):
        path = os.path.join(folder or ".", argv[0])
        if os.path.isfile(path):
            try:
                os.execve(path, argv, env)  # noqa: S606 - as above
            except PermissionError as error:
                refused = str(error)
    raise Failure(f'exec: "{argv[0]}": executable file not found in $PATH{" (" + refused + ")" if refused else ""}')
