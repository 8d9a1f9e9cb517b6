"""The real kubectl against `pilothouse up`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform import Platform, platform

HAS_KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") is not None
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not HAS_KUBECTL and not os.environ.get("CI"), reason="kubectl is missing; `make test` installs it"),
]
CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: shop}}
data: {color: blue}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    with platform() as started:
        yield started


def succeed(done: object) -> str:
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
    return done.stdout  # type: ignore[attr-defined, no-any-return]


def test_version_and_readiness(running: Platform) -> None:
    assert "v1.36" in succeed(running.kubectl("version"))
    assert succeed(running.kubectl("get", "--raw", "/readyz")).strip() == "ok"


def test_the_node_is_ready(running: Platform) -> None:
    succeed(running.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=30s"))


def test_apply_get_patch_and_delete(running: Platform) -> None:
    assert "created" in succeed(running.kubectl("apply", "-f", "-", text=CONFIG_MAP))
    assert "unchanged" in succeed(running.kubectl("apply", "-f", "-", text=CONFIG_MAP))
    assert "configured" in succeed(running.kubectl("apply", "-f", "-", text=CONFIG_MAP.replace("blue", "green")))
    succeed(running.kubectl("patch", "configmap", "settings", "-p", '{"data":{"size":"xl"}}'))
    shown = json.loads(succeed(running.kubectl("get", "configmap", "settings", "-o", "json")))
    assert shown["data"] == {"color": "green", "size": "xl"}
    assert "settings" in succeed(running.kubectl("get", "configmaps", "-l", "app=shop"))
    succeed(running.kubectl("delete", "configmap", "settings"))
    missing = running.kubectl("get", "configmap", "settings")
    assert missing.returncode == 1
    assert 'configmaps "settings" not found' in missing.stderr


def test_server_side_apply_and_explain(running: Platform) -> None:
    applied = running.kubectl("apply", "--server-side", "-f", "-", text=CONFIG_MAP.replace("settings", "other"))
    assert "serverside-applied" in succeed(applied)
    assert "replicas <integer>" in succeed(running.kubectl("explain", "deployment.spec.replicas"))


def test_our_own_verbs_say_the_same(running: Platform) -> None:
    words = ("get", "namespaces", "-o", "name")
    assert succeed(running.pilothouse(*words)) == succeed(running.kubectl(*words))


def test_sigterm_drains_and_a_restart_keeps_the_objects(tmp_path: Path) -> None:
    with platform(data_dir=tmp_path) as first:
        succeed(first.kubectl("create", "namespace", "kept"))
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(20) == 0
    with platform(data_dir=tmp_path) as second:
        assert "kept" in succeed(second.kubectl("get", "namespaces"))
