import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli, load_chart


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *argv])
    return int(args.run(args))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (root / "templates" / "a.yaml").write_text("a: 1\n")
    (root / "skip.bak").write_text("x")
    (root / ".helmignore").write_text("*.bak\n")
    return root


def test_an_archive_loads_as_the_same_chart(chart: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["package", str(chart), "-d", str(tmp_path), "--app-version", "7"]) == 0
    packed = load_chart(tmp_path / "c-1.0.0.tgz")
    assert packed.metadata["appVersion"] == "7"
    assert packed.templates == load_chart(chart).templates
    assert "skip.bak" not in {f.name for f in packed.files}
    assert "c-1.0.0.tgz" in capfd.readouterr().out


def test_a_bad_version_is_refused(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["package", str(chart), "--version", "bad"]) == 1
    assert capfd.readouterr().err == "Error: invalid semantic version\n"


def test_dependencies_are_listed(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (chart / "Chart.yaml").write_text(
        "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: x, version: '1', repository: ''}\n"
    )
    assert run(["dependency", "list", str(chart)]) == 0
    assert "missing" in capfd.readouterr().out


def test_unknown_flags_and_free_order(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        run(["template", "rel", str(chart), "--nope"])
    assert stop.value.code == 1
    assert capfd.readouterr().err == "Error: unknown flag: --nope\n"
    assert run(["template", "rel", "-n", "x", str(chart)]) == 0
