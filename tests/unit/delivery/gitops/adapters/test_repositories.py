"""What is left behind by a mirror that was never finished, and limits."""

import subprocess
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters import repositories
from pilothouse.delivery.gitops.adapters.repositories import Repositories
from pilothouse.delivery.gitops.errors import SourceInvalid


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def url(tmp_path: Path) -> str:
    folder = tmp_path / "repo"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_text(name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    return f"file://{folder}"


def test_a_mirror_that_was_never_finished_is_made_again(url: str, tmp_path: Path) -> None:
    mirrors = Repositories(tmp_path / "mirrors")
    half = mirrors._path(url)
    half.with_name(f"{half.name}.new").mkdir(parents=True)
    half.mkdir()
    assert mirrors.resolve(url, "main") == git(Path(url.removeprefix("file://")), "rev-parse", "HEAD")


def test_a_source_of_too_many_files_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrors = Repositories(tmp_path / "mirrors")
    commit = mirrors.resolve(url, "main")
    assert mirrors.files(url, commit, "") == {"a": b"a", "b": b"b"}
    monkeypatch.setattr(repositories, "MAX_FILES", 1)
    with pytest.raises(SourceInvalid, match="more than 1 files"):
        mirrors.files(url, commit, ".")
