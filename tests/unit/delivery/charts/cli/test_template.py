import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *argv])
    return int(args.run(args))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    (root / "templates").mkdir(parents=True)
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\nicon: https://e.org/i.png\n")
    (root / "values.yaml").write_text("who: x\n")
    (root / "templates" / "a.yaml").write_text("kind: ConfigMap\nmetadata: {name: a}\nwho: {{ .Values.who }}\n")
    return root


def test_template(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["template", "rel", str(chart), "--set", "who=me"]) == 0
    out = capfd.readouterr().out
    assert out == "---\n# Source: c/templates/a.yaml\nkind: ConfigMap\nmetadata: {name: a}\nwho: me\n"


def test_failures_go_to_stderr(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["template", "Bad_Name", str(chart)]) == 1
    assert "invalid release name" in capfd.readouterr().err
    assert run(["template", "rel", str(chart), "--set", "a"]) == 1
    assert capfd.readouterr().err == 'Error: failed parsing --set data: key "a" has no value\n'


def test_lint_and_show(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", str(chart)]) == 0
    assert "1 chart(s) linted, 0 chart(s) failed" in capfd.readouterr().out
    assert run(["show", "values", str(chart)]) == 0
    assert capfd.readouterr().out == "who: x\n\n"
