"""The command line of the clock."""

import pytest

from pilothouse.app.main import run
from pilothouse.testing import Environment


@pytest.mark.control_plane(virtual_time="manual")
def test_show_and_advance(control_plane: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--kubeconfig", control_plane.kubeconfig]
    assert run(["clock", *flags]) == 0
    assert "timers pending" in capsys.readouterr().out
    before = control_plane.plane.clock.now()
    assert run(["clock", "advance", "1m30s", *flags]) == 0
    assert control_plane.plane.clock.now() - before == pytest.approx(90, abs=1.1)


@pytest.mark.parametrize("words", [["advance"], ["advance", "5x"], ["back", "5"]])
def test_what_cannot_be_read(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["clock", *words]) == 1
    assert "pilothouse clock advance 30s" in capsys.readouterr().err


def test_real_time(control_plane: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["clock", "--kubeconfig", control_plane.kubeconfig]) == 1
    assert "lives in real time" in capsys.readouterr().err
