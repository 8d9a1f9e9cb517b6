import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *argv])
    return int(args.run(args))


def test_a_new_chart_is_without_fault(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "shop")
    assert run("create", place) == 0
    assert capfd.readouterr().out == f"Creating {place}\n"
    assert run("lint", place) == 0
    assert run("check", "--strict", "--unused", place) == 0
    capfd.readouterr()
    assert run("unittest", place) == 0
    assert "Tests:       3 passed, 3 total" in capfd.readouterr().out
    assert run("template", "rel", place) == 0
    assert 'image: "nginx:1.29"' in capfd.readouterr().out


def test_nothing_is_overwritten(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    (place / "Chart.yaml").write_text("mine")
    assert run("create", str(place)) == 1
    assert "is a chart already" in capfd.readouterr().err
    assert (place / "Chart.yaml").read_text() == "mine"
    assert run("create", str(tmp_path / "Bad Name")) == 1
    assert "must match the regular expression" in capfd.readouterr().err
    assert run("create", str(place / "Chart.yaml" / "x")) == 1
