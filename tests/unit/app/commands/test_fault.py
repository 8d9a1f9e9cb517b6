"""The command line of the fault lab against a running control plane."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilothouse.app.main import run
from pilothouse.testing import Environment

pytestmark = pytest.mark.control_plane(controllers=False)


@pytest.fixture
def kubeconfig(control_plane: Environment) -> str:
    return control_plane.kubeconfig


def test_add_list_load_and_clear(kubeconfig: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--kubeconfig", kubeconfig]
    assert run(["fault", "list", *flags]) == 0
    assert capsys.readouterr().out == "no faults\n"
    rule = ["api.create", "error", "--code", "429", "--kind", "ConfigMap", "--count", "2", "--probability", "0.5", "--seed", "7"]
    assert run(["fault", "add", *rule, *flags]) == 0
    assert run(["fault", "add", "api.watch", "cut", "--events", "3", "--delay", "1m", *flags]) == 0
    shown = capsys.readouterr().out.splitlines()[-4:]
    assert [line.split("  ")[0] for line in shown] == ["seed 7", "POINT", "api.create", "api.watch"]
    assert "error 429" in shown[2] and "kind=ConfigMap" in shown[2] and "50%, 2 times" in shown[2]
    assert "60 s, then cut" in shown[3] and "everywhere" in shown[3] and "behind 3 events" in shown[3]
    file = tmp_path / "plan.yaml"
    file.write_text("seed: 3\nrules: [{point: 'store.*', action: delay, delayS: 0.1}]\n")
    assert run(["fault", "load", str(file), *flags]) == 0
    assert "delay 0.1 s" in capsys.readouterr().out
    assert run(["fault", "clear", *flags]) == 0
    assert run(["fault", "list", *flags]) == 0
    assert capsys.readouterr().out == "no faults\nno faults\n"


def test_what_makes_no_sense_is_said_before_anything_is_sent(
    kubeconfig: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["add", "api.fly", "error"], ["add", "api.get", "error", "--code", "418"], ["load", str(tmp_path / "none")]):
        assert run(["fault", *words, "--kubeconfig", kubeconfig]) == 1
    text = capsys.readouterr().err
    assert (
        "'api.fly' is no point" in text
        and "fix: one of api.get" in text
        and "418" in text
        and "cannot be read as a fault plan" in text
    )
