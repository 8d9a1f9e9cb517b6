"""Where an instance is looked for."""

from pathlib import Path

import pytest

from pilothouse.kit.places import default_data_dir, kubeconfig_path


def test_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTHOUSE_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("PILOTHOUSE_DATA_DIR")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local/share/pilothouse"
    monkeypatch.setenv("HOME", "")
    assert default_data_dir().name.startswith("pilothouse-")


def test_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PILOTHOUSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert kubeconfig_path(None) == tmp_path / "data" / "kubeconfig", "what a start would write"
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("")
    assert kubeconfig_path(None) == tmp_path / ".kube" / "config"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kubeconfig").write_text("")
    assert kubeconfig_path(None) == tmp_path / "data" / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", "/a:/b")
    assert kubeconfig_path(None) == Path("/a")
    assert kubeconfig_path("/c") == Path("/c")
