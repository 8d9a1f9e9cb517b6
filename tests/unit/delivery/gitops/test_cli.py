"""What all verbs of `pilothouse app` share: names, flags, tables, errors, exit status, and how little they import."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.app import main
from pilothouse.delivery.gitops.cli import tables
from pilothouse.delivery.gitops.cli.connection import Cluster, remaining
from pilothouse.delivery.gitops.cli.flags import Pick, pair, seconds
from pilothouse.delivery.gitops.cli.objects import check_local
from pilothouse.kit.errors import Invalid, NotSupported, TimedOut
from pilothouse.testing import Environment
from tests.unit.delivery.gitops.cli.world import settings, world

WEB = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
KEY = {"kind": "Secret", "namespace": "shop", "name": "key"}


@pytest.mark.parametrize(
    ("texts", "taken"),
    [
        ([], [WEB, KEY]), (["apps:Deployment:web"], [WEB]), ([":Secret:shop/key"], [KEY]), (["apps:*:*"], [WEB]),
        (["!*:Secret:*"], [WEB]), (["*:*:*", "!apps:Deployment:web"], [KEY]), (["apps:Deployment:other/web"], []),
    ],
)  # fmt: skip
def test_resources_are_picked(texts: list[str], taken: list[dict[str, str]]) -> None:
    assert [each for each in (WEB, KEY) if Pick(texts).takes(each)] == taken


def test_values_of_flags() -> None:
    assert [seconds(text) for text in ("90", "90s", "1m30s", "1h", "0")] == [90, 90, 90, 3600, 0]
    with pytest.raises(argparse.ArgumentTypeError, match="no time span"):
        seconds("soon")
    assert pair("a=b=c", "--x") == ("a", "b=c")
    for text in ("a", "=b"):
        with pytest.raises(Invalid, match="has no value"):
            pair(text, "--x")
    for text in ("web", "apps:Deployment", "::web"):
        with pytest.raises(Invalid, match="names no resource"):
            Pick([text])


def test_tables() -> None:
    assert tables.lines([["A", "B"], ["aaa", "Healthy"]]) == ["A    B", "aaa  Healthy"]
    assert tables.lines([["A", "B"], ["a", "Degraded"]], coloured=True)[1] == "a  \x1b[31mDegraded\x1b[0m"
    assert tables.as_list([{"a": 1}])["items"] == [{"a": 1}]


def test_names_and_times() -> None:
    cluster = Cluster.__new__(Cluster)
    cluster.namespace = "argocd"
    assert cluster.path("a/b") == "/apis/argoproj.io/v1alpha1/namespaces/a/applications/b"
    assert cluster.path("b") == "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/b"
    assert cluster.path("a/") == "/apis/argoproj.io/v1alpha1/namespaces/a/applications"
    assert remaining(None) > 60
    with pytest.raises(TimedOut):
        remaining(0.0)


def test_live_objects_of_another_cluster_are_not_here() -> None:
    def app(**destination: str) -> dict[str, object]:
        return {"metadata": {"name": "shop"}, "spec": {"destination": destination}}

    check_local(app(server="https://kubernetes.default.svc"))
    check_local(app(name="in-cluster"))
    for other in (app(name="east"), app(server="https://east:6443")):
        with pytest.raises(NotSupported, match="goes to the cluster"):
            check_local(other)


def test_an_unreachable_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config"
    config.write_text(
        "clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: a, user: {}}]\n"
        "contexts: [{name: a, context: {cluster: a, user: a}}]\ncurrent-context: a\n"
    )
    assert main.run(["app", "list", "--kubeconfig", str(config)]) == 1
    assert "no API server answers at 127.0.0.1:1" in capsys.readouterr().err
    assert main.run(["app", "diff", "x", "--kubeconfig", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main.run(["app", "diff", "x", "--kubeconfig", str(config), "--context", "b"]) == 2
    assert "has no context 'b'" in capsys.readouterr().err


def test_the_program_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with world(tmp_path, monkeypatch, capsys) as on:
        on.commit(settings=settings("blue"))
        on.create()
        done = {}
        for name, words in {
            "sync": ["sync", "shop"],
            "diff": ["diff", "shop"],
            "wait": ["wait", "shop", "--degraded", "--timeout", "1"],
        }.items():
            done[name] = subprocess.run(
                [sys.executable, "-m", "pilothouse", "app", *words],
                env=dict(os.environ),
                capture_output=True,
                text=True,
                check=False,
            )
    assert {name: each.returncode for name, each in done.items()} == {"sync": 0, "diff": 0, "wait": 3}
    assert "\x1b" not in done["sync"].stdout


def test_verbs_start_with_little() -> None:
    code = (
        "import sys; from pilothouse.app import main; main.run(['app', 'list', '--kubeconfig', '/nowhere']);"
        "print(sorted({'asyncio', 'msgspec', 'orjson', 'yaml', 'pygit2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.run(["app", "--help"])
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in ("create", "diff", "terminate-op", "manifests", "health"))
    with pytest.raises(SystemExit):
        main.run(["app", "sync", "--help"])
    assert "--apply-out-of-sync-only" in capsys.readouterr().out


def test_another_user_may_do_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Environment(controllers=False) as environment:
        text = Path(environment.kubeconfig).read_text()
        assert "client-certificate-data" in text
        config = tmp_path / "config"
        config.write_text(text.replace("client-certificate-data", "unused").replace("client-key-data", "unused2"))
        assert main.run(["app", "list", "--kubeconfig", str(config)]) == 1
        assert "fix: " in capsys.readouterr().err
