"""Runs programs under test: a command in the foreground with signals passed on, or an operator beside a test.

Nothing of them is left behind. At a terminal the command in the foreground shares our process group, so that it may read the
terminal and Ctrl-C reaches it; otherwise programs lead a group of their own, which is ended as a whole when the time is over.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

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


class Program:
    """A program that runs beside a test in a process group of its own; its output is kept in a file."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], log: Path, cwd: str | Path | None = None) -> None:
        """Start it; raises `Invalid` when there is no such program."""
        self.command, self._log, self._is_stopped = tuple(command), log, False
        if not command:
            raise Invalid("there is no program to start", fix='start_program("kopf", "run", "operator.py")')
        try:
            with log.open("wb") as stream:
                self._process = subprocess.Popen(
                    self.command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise Invalid(f"{command[0]!r} cannot be started: {error.strerror}", fix="check its name and your PATH") from error

    @property
    def status(self) -> int | None:
        """Its status once it ended, None while it runs; minus N when signal N ended it."""
        return self._process.poll()

    @property
    def title(self) -> str:
        """What it is and how it does."""
        name = " ".join(self.command)
        return f"{name} (running)" if self.status is None else f"{name} (ended with status {self.status})"

    def output(self) -> str:
        """Return what it has printed so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def stop(self) -> None:
        """End it and all that it started; safe to call twice."""
        if self._is_stopped:
            return
        self._is_stopped = True
        if self._process.poll() is None:
            _end(self._process, has_terminal=False)
        _send(self._process, signal.SIGKILL, to_group=True)


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
