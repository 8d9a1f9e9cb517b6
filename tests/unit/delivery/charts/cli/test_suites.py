import argparse
import json
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli

SUITE = """suite: names
templates: [a.yaml]
tests:
- it: has the name
  set: {who: me}
  asserts:
  - equal: {path: who, value: me}
  - matchSnapshot: {}
"""


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", "unittest", *argv])
    return int(args.run(args))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    root = tmp_path / "c"
    (root / "templates").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (root / "values.yaml").write_text("who: x\nage: 1\n")
    (root / "templates" / "a.yaml").write_text("kind: A\nwho: {{ .Values.who }}\nage: {{ .Values.age }}\n")
    (root / "tests" / "a_test.yaml").write_text(SUITE)
    return root


def test_suites_pass_and_snapshots_are_kept(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(str(chart)) == 0
    out = capfd.readouterr().out
    assert " PASS  names\t" in out
    assert "Tests:       1 passed, 1 total" in out
    assert "Snapshot:    1 passed, 1 created, 1 total" in out
    snapshot = chart / "tests" / "__snapshot__" / "a_test.yaml.snap"
    assert snapshot.read_text() == "has the name:\n  1: |\n    age: 1\n    kind: A\n    who: me\n"
    (chart / "values.yaml").write_text("who: x\nage: 2\n")
    assert run(str(chart)) == 1
    assert "+age: 2" in capfd.readouterr().out
    assert run("-u", str(chart)) == 0
    assert "age: 2" in snapshot.read_text()


def test_values_files_and_reports(chart: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "v.yaml").write_text("age: 7\n")
    (chart / "tests" / "b_test.yaml").write_text("suite: b\ntests: [{it: t, asserts: [equal: {path: age, value: 8}]}]\n")
    report = tmp_path / "r.xml"
    assert run("-v", str(tmp_path / "v.yaml"), "-f", "tests/b_*.yaml", "-o", str(report), str(chart)) == 1
    assert '<testcase classname="b" name="t"' in report.read_text()
    capfd.readouterr()
    assert run("-f", "tests/b_*.yaml", "-o", "-", "-t", "json", str(chart)) == 1
    captured = capfd.readouterr()
    found = json.loads(captured.out)["suites"][0]
    assert (found["status"], found["cases"][0]["asserts"][0]["kind"]) == ("failed", "equal")
    assert "### Chart [ c ]" in captured.err
    assert run("-t", "xunit", str(chart)) == 1
    assert "not known" in capfd.readouterr().err


def test_bad_suites_and_charts_are_told(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (chart / "tests" / "b_test.yaml").write_text("tests: [{it: t, asserts: [equl: {path: age}]}]\n")
    assert run(str(chart), str(chart / "gone")) == 1
    out = capfd.readouterr().out
    assert "did you mean 'equal'" in out
    assert "Test Suites: 1 failed, 1 errored, 1 passed, 2 total" in out
    assert "Charts:      2 failed, 1 errored, 0 passed, 2 total" in out
    assert run("-f", "none/*.yaml", str(chart)) == 1
    assert "no test suites" in capfd.readouterr().out


def test_subcharts_have_their_suites(chart: Path, capfd: pytest.CaptureFixture[str]) -> None:
    child = chart / "charts" / "s"
    (child / "templates").mkdir(parents=True)
    (child / "tests").mkdir()
    (child / "Chart.yaml").write_text("apiVersion: v2\nname: s\nversion: 1.0.0\n")
    (child / "templates" / "b.yaml").write_text("kind: B\nn: {{ .Values.n }}\n")
    suite = "suite: sub\ntemplates: [b.yaml]\ntests: [{it: t, set: {n: 5}, asserts: [equal: {path: n, value: 5}]}]\n"
    (child / "tests" / "s_test.yaml").write_text(suite)
    assert run(str(chart)) == 0
    assert "Test Suites: 2 passed, 2 total" in capfd.readouterr().out
    assert run("--with-subchart=false", str(chart)) == 0
    assert "Test Suites: 1 passed, 1 total" in capfd.readouterr().out
