"""The verbs on releases without a cluster: what is refused, and how releases are printed."""

import argparse
from pathlib import Path

import pytest

from pilothouse.delivery.charts import cli
from pilothouse.delivery.charts.cli.release import session, shown
from pilothouse.delivery.charts.cli.release.session import seconds_of
from pilothouse.delivery.charts.release.errors import ReleaseRefused
from pilothouse.delivery.charts.release.types import HookRun, Release, ReleaseHook, ReleaseInfo

AT = "2026-01-02T03:04:05.120000000Z"
RELEASE = Release(
    "web", "n", 2, ReleaseInfo(AT, AT, "", "Rollback to 1", "deployed", 1, "hi\n"),
    {"metadata": {"name": "c", "version": "1.0.0", "appVersion": "7", "dependencies": [{"name": "d"}]}, "values": {"a": 1}},
    {"b": 2}, "---\nkind: X\n", (ReleaseHook("t", "Pod", "c/t.yaml", "kind: Pod", ("test",), HookRun(AT, AT, "Succeeded")),),
    "ssa", {"owner": "helm", "team": "x"},
)  # fmt: skip


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["chart", *argv])
    return int(args.run(args))


def test_times() -> None:
    assert shown.ansi_time(AT) == "Fri Jan  2 03:04:05 2026"
    assert shown.go_time(AT) == "2026-01-02 03:04:05.12 +0000 UTC"
    assert shown.go_time("2026-01-02T03:04:05+02:00") == "2026-01-02 03:04:05 +0200 +0200"
    assert shown.go_time("") == shown.go_time("0001-01-01T00:00:00Z") == "-"
    assert [seconds_of(text) for text in ("5m0s", "1h", "1.5s", "20ms")] == [300, 3600, 1.5, 0.02]
    for text in ("", "5", "1x", "1m2"):
        with pytest.raises(ReleaseRefused):
            seconds_of(text)


def test_pages() -> None:
    text = shown.status_text(RELEASE, is_debug=True, has_metadata=True)
    assert text.startswith("NAME: web\nLAST DEPLOYED: Fri Jan  2 03:04:05 2026\nNAMESPACE: n\nSTATUS: deployed\nREVISION: 2\n")
    assert "TEST SUITE:     t\nLast Started:   Fri Jan  2 03:04:05 2026\n" in text
    assert (
        "USER-SUPPLIED VALUES:\nb: 2\n\nCOMPUTED VALUES:\na: 1\nb: 2\n\nHOOKS:\n---\n# Source: c/t.yaml\nkind: Pod\nMANIFEST:\n"
        in text
    )
    assert text.endswith("NOTES:\nhi\n")
    assert "LABELS: owner=helm,team=x\nDEPENDENCIES: d\n" in shown.metadata_text(shown.metadata_of(RELEASE))
    rows = [shown.history_row(RELEASE)]
    assert shown.history_table(rows, has_rollbacks=True).splitlines()[1].split("\t")[5].strip() == "1"
    assert shown.as_json({"a": "<&>"}) == '{"a":"\\u003c\\u0026\\u003e"}\n'
    assert shown.table([["A", "B"], ["long", ""]]) == "A   \tB\nlong\t \n"


def test_what_is_refused_without_a_cluster(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n")
    chart = str(tmp_path)
    cases = {
        ("install", chart): "must either provide a name or specify --generate-name",
        ("install", "x", chart, "-g"): "cannot set --generate-name and also specify a name",
        ("install", "x", chart): "library charts are not installable",
        ("install", "x", chart, "--timeout", "1x"): "invalid duration",
        ("install", "x", chart, "--dry-run=maybe"): "invalid dry-run value",
        ("install", "x", chart, "-l", "a"): "must be formatted as key=value",
        ("upgrade", "x"): '"helm upgrade" requires 2 arguments',
        ("uninstall", "x", "--cascade", "no"): "invalid cascade value",
    }
    for argv, message in cases.items():
        assert run(*argv) == 1, argv
        assert message in capfd.readouterr().err


def test_a_missing_cluster_is_a_readable_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--kubeconfig", str(tmp_path / "none")) == 1
    assert "cannot be read" in capfd.readouterr().err


def test_a_driver_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind in (("", "Secret"), ("secrets", "Secret"), ("ConfigMap", "ConfigMap")):
        monkeypatch.setenv("HELM_DRIVER", name)
        assert session._driver().kind == kind
    monkeypatch.setenv("HELM_DRIVER", "sql")
    with pytest.raises(ReleaseRefused, match="unknown driver"):
        session._driver()


def test_a_dry_run_of_the_client_needs_no_cluster_and_a_post_renderer_sees_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (tmp_path / "templates" / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: old}\n")
    access = tmp_path / "kubeconfig"
    access.write_text(
        '{"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}], '
        '"clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "x", "user": {}}]}'
    )
    common = ["install", "web", str(tmp_path), "--kubeconfig", str(access), "--dry-run"]
    assert run(*common, "--post-renderer", "sed", "--post-renderer-args", "s/v: old/v: new/") == 0
    out = capfd.readouterr().out
    assert "DESCRIPTION: Dry run complete" in out
    assert "v: new" in out
    assert "postrender-filename" not in out
    assert run(*common, "--post-renderer", "false") == 1
    assert "error while running post render on files" in capfd.readouterr().err
