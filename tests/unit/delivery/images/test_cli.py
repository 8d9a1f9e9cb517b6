"""The image verbs."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.images.cli import default_layout, register


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    arguments = parser.parse_args(["image", *words])
    return int(arguments.run(arguments))


def test_build_list_inspect_remove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.py").write_text("print(1)")
    data = ["--data-dir", str(tmp_path / "data")]
    assert run("build", str(app), "-t", "shop:1", *data) == 0
    assert run("list", *data) == 0
    assert "docker.io/library/shop:1" in capsys.readouterr().out
    assert run("inspect", "shop:1", *data) == 0
    assert '"Cmd"' in capsys.readouterr().out
    assert run("remove", "shop:1", *data) == 0
    assert run("list", *data) == 0
    assert capsys.readouterr().out == ""


def test_the_layout_lies_in_the_data_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTHOUSE_DATA_DIR", "/x")
    assert default_layout() == "/x/images" and default_layout("/y") == "/y/images"
