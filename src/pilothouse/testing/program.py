"""Runs the command under test: in the foreground, with signals passed on, and nothing of it left behind.

At a terminal the command shares our process group, so that it may read the terminal and Ctrl-C reaches it; otherwise it leads a
group of its own, which is ended as a whole when the time is over.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from pilothouse.kit.errors import Invalid

Process = subprocess.Popen[bytes]
NOT_FOUND, NOT_EXECUTABLE, TIMED_OUT = 127, 126, 124
GRACE_S = 5.0
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def run_program(command: Sequence[str], env: Mapping[str, str], timeout_s: float | None) -> int:
    """Return the status of `command` as a shell would: 128 + N after signal N, 127 without such a command, 124 after the time."""
    has_terminal = os.isatty(0)
    with _passing_on(has_terminal) as started:
        try:
            process = subprocess.Popen(list(command), env=dict(env), start_new_session=not has_terminal)
        except FileNotFoundError:
            _say(f"there is no command {command[0]!r}\n  fix: check its name and your PATH")
            return NOT_FOUND
        except OSError as error:
            _say(f"{command[0]!r} cannot be run: {error.strerror}")
            return NOT_EXECUTABLE
        started(process)
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _say(f"{command[0]!r} did not end within {timeout_s:g} s")
            _end(process, has_terminal)
            return TIMED_OUT
        finally:
            if not has_terminal:
                _send(process, signal.SIGKILL, to_group=True)  # what it left running in its group
    return status if status >= 0 else 128 - status


def _say(text: str) -> None:
    sys.stderr.write(f"error: {text}\n")


@contextlib.contextmanager
def _passing_on(has_terminal: bool) -> Iterator[Callable[[Process], None]]:
    """Give signals to the command instead of dying of them, also those that came before it started.

    Yields what is to be called with the command. A terminal sends Ctrl-C to the command itself.
    """
    running: list[Process] = []
    early: list[int] = []

    def handle(number: int, _frame: object) -> None:
        if has_terminal and number == signal.SIGINT:
            return
        if running:
            _send(running[0], number, to_group=not has_terminal)
        else:
            early.append(number)

    def started(process: Process) -> None:
        running.append(process)
        for number in early:
            _send(process, number, to_group=not has_terminal)

    try:
        before = {number: signal.signal(number, handle) for number in _PASSED_ON}
    except ValueError as error:
        raise Invalid("commands are run from the main thread only", fix="use pilothouse.testing.Environment") from error
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: Process, has_terminal: bool) -> None:
    _send(process, signal.SIGTERM, to_group=not has_terminal)
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        _send(process, signal.SIGKILL, to_group=not has_terminal)
        process.wait()


def _send(process: Process, number: int, *, to_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if to_group:
            os.killpg(process.pid, number)
        elif process.returncode is None:
            os.kill(process.pid, number)
