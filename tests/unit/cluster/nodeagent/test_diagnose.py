"""What doctor and the url verb say."""

from __future__ import annotations

import pytest

from pilothouse.cluster.nodeagent.cli import kubeconfig_of, split_name
from pilothouse.cluster.nodeagent.diagnose import diagnose


def test_findings_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTHOUSE_SANDBOX", "none")
    found = {one.name: one for one in diagnose()}
    assert found["pod supervisor"].status == "ok"
    assert found["pod network"].status == "degraded" and "user namespaces" in found["pod network"].fix
    assert found["pod file systems"].status == "degraded"


def test_findings_as_is() -> None:
    found = diagnose()
    assert [one.name for one in found] == ["pod supervisor", "pod network", "pod file systems", "resource limits"]
    assert all(one.fix for one in found if one.status != "ok")


def test_names_and_kubeconfig(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_name("web", "n") == ("n", "web") and split_name("svc/web", "n") == ("n", "web")
    assert split_name("shop/web", "n") == ("shop", "web")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("PILOTHOUSE_DATA_DIR", "/d")
    assert kubeconfig_of("") == "/d/kubeconfig" and kubeconfig_of("/x") == "/x"
