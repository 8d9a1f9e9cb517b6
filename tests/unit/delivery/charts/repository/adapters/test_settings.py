"""Settings that cannot be read."""

from pathlib import Path

import pytest

from pilothouse.delivery.charts.repository.adapters import settings
from pilothouse.delivery.charts.repository.errors import ChartNotFound, RepositoryInvalid


def test_places_are_helms(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.config_home() == home / "config"
    monkeypatch.delenv("HELM_CONFIG_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/x")
    assert settings.config_home() == Path("/x/helm")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert settings.config_home() == Path("/h/.config/helm")


def test_broken_files(home: Path) -> None:
    (home / "config").mkdir()
    (home / "config" / "repositories.yaml").write_text("a: [")
    with pytest.raises(RepositoryInvalid, match="cannot be read"):
        settings.repositories()
    (home / "config" / "repositories.yaml").write_text("repositories: [7, {name: r}]")
    assert [each.name for each in settings.repositories()] == ["r"]
    (home / "config" / "registry").mkdir()
    (home / "config" / "registry" / "config.json").write_text('{"auths": {"h": {"auth": "!!!"}}}')
    with pytest.raises(RepositoryInvalid, match="not base64"):
        settings.registry_login("h")
    for text in ("[]", '{"auths": []}', '{"auths": {"h": 7}}'):
        (home / "config" / "registry" / "config.json").write_text(text)
        if "7" in text:
            with pytest.raises(RepositoryInvalid):
                settings.registry_login("h")
        settings.save_login("h", "me", "pw")
        assert settings.registry_login("h") == ("me", "pw")
    settings.save_index("r", b"apiVersion: v1\n", ["a"])
    assert settings.cached_index("r").entries == {}
    settings.forget_index("r")
    with pytest.raises(ChartNotFound):
        settings.cached_index("r")
