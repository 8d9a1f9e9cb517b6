"""Output that goes to a log and to attached readers, slow ones included."""

from __future__ import annotations

import os
import selectors
from pathlib import Path

from pilothouse.cluster.nodeagent.supervisor.logs import LogSink
from pilothouse.cluster.nodeagent.supervisor.stdio import Output, Stdio


def turn(selector: selectors.BaseSelector, times: int = 20) -> None:
    for _ in range(times):
        for key, _ in selector.select(0):
            key.data()


def test_a_terminal_or_pipes() -> None:
    plain = Stdio({})
    assert plain.stdin == -1 and sorted(plain.readers) == ["stderr", "stdout"]
    os.write(plain.child[1], b"x")
    assert os.read(plain.readers["stdout"], 9) == b"x"
    reading = Stdio({"stdin": True})
    os.write(reading.stdin, b"in")
    assert os.read(reading.child[0], 9) == b"in"
    terminal = Stdio({"tty": True, "stdin": True})
    assert os.isatty(terminal.child[0]) and terminal.readers == {"stdout": terminal.stdin}
    for stdio in (plain, reading, terminal):
        stdio.close_child()
        for fd in {stdio.stdin, *stdio.readers.values()} - {-1}:
            os.close(fd)


def test_output_goes_to_the_log_and_to_who_is_attached(tmp_path: Path) -> None:
    with selectors.DefaultSelector() as selector:
        sink = LogSink(str(tmp_path / "log"))
        reader, writer = os.pipe()
        output = Output(selector, reader, "stdout", sink)
        os.write(writer, b"before\n")
        turn(selector)
        tap, tapped = os.pipe()
        output.attach(tapped)
        os.write(writer, b"after\n")
        os.close(writer)
        turn(selector)
        assert not output.is_open
        assert [os.read(tap, 99), os.read(tap, 99)] == [b"after\n", b""]
        os.close(tap)
        sink.close()
        lines = (tmp_path / "log").read_text().splitlines()
        assert [line.split(" ", 3)[1:] for line in lines] == [["stdout", "F", "before"], ["stdout", "F", "after"]]


def test_a_slow_reader_holds_the_program_up_and_gets_everything() -> None:
    with selectors.DefaultSelector() as selector:
        reader, writer = os.pipe()
        output = Output(selector, reader, "stdout", None)
        tap, tapped = os.pipe()
        output.attach(tapped)
        os.set_blocking(writer, False)
        sent = 0
        for _ in range(20):
            try:
                sent += os.write(writer, b"x" * 65536)
            except BlockingIOError:
                break
            turn(selector, 2)
        else:
            raise AssertionError("the writer was never held up")
        os.close(writer)
        received = 0
        os.set_blocking(tap, False)
        while True:
            try:
                data = os.read(tap, 65536)
            except BlockingIOError:
                turn(selector, 2)
                continue
            if not data:
                break
            received += len(data)
        assert received == sent
        os.close(tap)


def test_the_end_does_not_wait_for_slow_readers_and_a_reader_that_left_is_dropped() -> None:
    with selectors.DefaultSelector() as selector:
        reader, writer = os.pipe()
        output = Output(selector, reader, "stdout", None)
        gone, tapped = os.pipe()
        output.attach(tapped)
        os.close(gone)
        slow, tapped = os.pipe()
        output.attach(tapped)
        for _ in range(2):
            os.write(writer, b"x" * 65536)
            turn(selector, 2)
        output.close()
        os.close(writer)
        assert not output.is_open
        received = 0
        while received < 2 * 65536:
            received += len(os.read(slow, 65536))
            turn(selector, 1)
        assert os.read(slow, 1) == b""
        os.close(slow)
        assert not selector.get_map()
