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


def test_lookup_from_snapshots(chart: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (chart / "templates" / "a.yaml").write_text('kind: A\nfound: {{ (lookup "v1" "Secret" "n" "s").data.k | b64dec }}\n')
    folder = tmp_path / "objects"
    folder.mkdir()
    (folder / "s.yaml").write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\ndata: {k: aGk=}\n")
    (folder / "readme.txt").write_text("no object")
    for place in (folder, folder / "s.yaml"):
        assert run(["template", "rel", str(chart), "--lookup", str(place)]) == 0
        assert "found: hi\n" in capfd.readouterr().out
    assert run(["template", "rel", str(chart), "--lookup", str(folder / "readme.txt")]) == 1
    assert "without apiVersion and kind" in capfd.readouterr().err
    assert run(["template", "rel", str(chart), "--lookup", str(folder / "gone")]) == 1
    assert run(["check", str(chart), "--lookup", str(folder)]) == 0


def test_exact_numbers_on_the_command_line(chart: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    values = tmp_path / "v.yaml"
    values.write_text("who: 12345678901234567\n")
    assert run(["template", "rel", str(chart), "-f", str(values), "--numbers", "exact"]) == 0
    assert "who: 12345678901234567\n" in capfd.readouterr().out
    assert run(["check", str(chart), "-f", str(values), "--strict"]) == 1
    assert "who is printed as 1.2345678901234568e+16" in capfd.readouterr().out
    assert run(["check", str(chart), "-f", str(values), "--strict", "--numbers", "exact"]) == 0


def test_debug_tells_what_was_found(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["template", "rel", str(chart), "--debug"]) == 0
    assert capfd.readouterr().err.splitlines() == [
        'level=DEBUG msg="Original chart version" version=""',
        f'level=DEBUG msg="Chart path" path={chart}',
        'level=DEBUG msg="number of dependencies in the chart" chart=c dependencies=0',
    ]
