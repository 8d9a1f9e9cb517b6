"""The command under test: its status, its time, its signals, and nothing left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pilothouse.kit.errors import Invalid
from pilothouse.testing.program import Program, run_program

ENV = dict(os.environ)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)])
def test_its_status_is_ours(script: str, status: int) -> None:
    assert run_program(["sh", "-c", script], ENV, None) == status


def test_what_cannot_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program(["no-such-command"], ENV, None) == 127
    assert "no command 'no-such-command'" in capsys.readouterr().err
    (tmp_path / "plain").write_text("text")
    assert run_program([str(tmp_path / "plain")], ENV, None) == 126
    assert "cannot be run: Permission denied" in capsys.readouterr().err


def test_time_over_ends_it_and_what_it_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = f"sleep 300 & echo $! >{tmp_path}/pid; wait"
    assert run_program(["sh", "-c", script], ENV, 0.5) == 124
    assert "did not end within 0.5 s" in capsys.readouterr().err
    assert not _is_alive(int((tmp_path / "pid").read_text()))


def test_what_it_left_running_is_ended(tmp_path: Path) -> None:
    assert run_program(["sh", "-c", f"sleep 300 >/dev/null 2>&1 & echo $! >{tmp_path}/pid"], ENV, None) == 0
    assert not _is_alive(int((tmp_path / "pid").read_text()))


def _is_alive(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.01)
    return True


def test_signals_are_passed_on(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pilothouse.testing.program import Program, run_program;"
        "sys.exit(run_program(['sh', '-c', 'trap \"exit 42\" TERM; echo ready; while :; do sleep 0.05; done'], os.environ, 30))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 42
    process.stdout.close()


def test_other_threads_are_told_what_to_use() -> None:
    failures: list[Exception] = []

    def run() -> None:
        try:
            run_program(["true"], ENV, None)
        except Invalid as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "Environment" in str(failures[0])


def test_a_program_beside_the_test_ends_with_all_it_started(tmp_path: Path) -> None:
    script = f"sleep 300 & echo $! >{tmp_path}/pid; echo $GREETING; exec sleep 300"
    program = Program(["sh", "-c", script], {**ENV, "GREETING": "hello"}, tmp_path / "log")
    for _ in range(500):
        if "hello" in program.output():
            break
        time.sleep(0.01)
    assert program.status is None
    assert program.title.endswith("(running)")
    program.stop()
    program.stop()
    assert program.status == -signal.SIGTERM
    assert program.title.endswith("(ended with status -15)")
    assert not _is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("command", [["no-such-command"], []])
def test_a_program_that_cannot_be_started(command: list[str], tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"cannot be started|no program"):
        Program(command, ENV, tmp_path / "log")
