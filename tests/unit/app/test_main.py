"""The command line itself: help, unknown commands, unreachable servers."""

import importlib

import pytest

from pilothouse.app.main import help_text, run
from pilothouse.app.standard import COMMANDS


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert capsys.readouterr().out == help_text() + "\n"
    for name, (_, text) in COMMANDS.items():
        assert name in help_text()
        assert text in help_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(importlib.import_module(COMMANDS[name][0]).register)
    with pytest.raises(SystemExit) as ended:
        run([name, "--help"])
    assert ended.value.code == 0
    assert f"pilothouse {name}" in capsys.readouterr().out


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gte"]) == 2
    assert "did you mean `pilothouse get`?" in capsys.readouterr().err


def test_no_server(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    config = tmp_path / "config"
    config.write_text(
        '{"current-context":"x","contexts":[{"name":"x","context":{"cluster":"x","user":"x"}}],"users":[{"name":"x","user":{}}],'
        '"clusters":[{"name":"x","cluster":{"server":"http://127.0.0.1:1"}}]}'
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    assert run(["get", "pods"]) == 1
    error = capsys.readouterr().err
    assert "no API server answers at 127.0.0.1:1" in error
    assert "fix: start it with `pilothouse up`" in error


def test_no_kubeconfig(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    assert run(["get", "pods"]) == 1
    assert "cannot be read" in capsys.readouterr().err
