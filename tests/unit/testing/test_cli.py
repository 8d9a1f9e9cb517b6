"""`pilothouse test` as its users call it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.testing.manifests import WIDGETS

PILOTHOUSE = [sys.executable, "-m", "pilothouse"]


def call(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it with a temporary directory of its own, so that what it leaves behind is seen."""
    env = {**os.environ, "TMPDIR": str(folder), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run([*PILOTHOUSE, "test", *arguments], env=env, capture_output=True, text=True, timeout=50, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "t").mkdir()
    return tmp_path / "t"


def test_a_command_gets_a_control_plane_and_nothing_is_left(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "crd.yaml").write_text(WIDGETS)
    (tmp_path / "one.yaml").write_text("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: one}\n")
    script = "test $KUBECONFIG = $KUBE_CONFIG_PATH && pilothouse get widgets -o name && pilothouse get nodes -o name"
    options = ("--crds", str(tmp_path / "crd.yaml"), "--apply", str(tmp_path / "one.yaml"), "--nodes", "1")
    done = call(*options, "--", "sh", "-c", script, folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["widget.example.com/one", "node/node-0"]
    assert "control plane ready after" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_failing_command_shows_events_and_the_servers_log(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    script = "pilothouse create -f - <<'E'\n{apiVersion: v1, kind: Widget, metadata: {name: x}}\nE"
    done = call("--server-log", str(log), "--", "sh", "-c", script, folder=folder)
    assert done.returncode == 1
    assert "the command ended with status 1" in done.stderr
    assert "end of the server's log" in done.stderr
    assert log.exists()


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        ((), 2, "there is no command to run"),
        (("--", "no-such-command"), 127, "there is no command 'no-such-command'"),
        (("--crds", "nowhere", "--", "true"), 1, "the path 'nowhere' does not exist"),
        (("--faults", "nonsense", "--", "true"), 1, "one of conflicts"),
        (("--server-log", "/nowhere/log", "--", "true"), 1, "/nowhere/log cannot be written"),
        (("--nodes", "-1", "--", "true"), 1, "nodes is -1"),
        (("--timeout", "1", "--quiet", "--", "sleep", "60"), 124, "'sleep' did not end within 1 s"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, arguments: tuple[str, ...], status: int, text: str) -> None:
    done = call(*arguments, folder=folder)
    assert done.returncode == status
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert list(folder.iterdir()) == []


def test_virtual_time_is_moved_by_the_command(folder: Path) -> None:
    script = "pilothouse clock && pilothouse clock advance 1h"
    done = call("--virtual-time", "--", "sh", "-c", script, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "2026-01-01T00:00:" in done.stdout and "2026-01-01T01:00:" in done.stdout


def test_faults_strike_the_command(folder: Path) -> None:
    script = "pilothouse fault list"
    done = call("--faults", "lost-answers", "--seed", "2", "--faults-client", "*", "--", "sh", "-c", script, folder=folder)
    assert "api.create" in done.stdout and "drop" in done.stdout


def test_kept_objects_can_be_looked_at(folder: Path) -> None:
    script = "pilothouse create -f - <<'E'\n{apiVersion: v1, kind: Namespace, metadata: {name: kept}}\nE"
    done = call("--keep", "--", "sh", "-c", script, folder=folder)
    (kept,) = folder.iterdir()
    assert f"pilothouse up --data-dir {kept}" in done.stderr
    assert any(kept.glob("store/**/*")), "the store is on disk"


def test_ctrl_c_reaches_the_command_and_everything_ends(folder: Path) -> None:
    script = "trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done"
    env = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(
        [*PILOTHOUSE, "test", "--quiet", "--", "sh", "-c", script], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 5
    process.stdout.close()
    process.stderr.close()
    assert list(folder.iterdir()) == []
