"""What a commit holds: links, submodules, LFS pointers, limits, and what is noted of reading."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from pilothouse.delivery.gitops.adapters.git import GitMirrors, files
from pilothouse.delivery.gitops.adapters.git.files import CommitFiles
from pilothouse.delivery.gitops.errors import RepositoryUnavailable, SourceInvalid
from tests.unit.delivery.gitops.adapters.test_git import git

T = TypeVar("T")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "app").mkdir(parents=True)
    (folder / "shared").mkdir()
    (folder / "app" / "a.yaml").write_text("a")
    (folder / "shared" / "s.yaml").write_text("s")
    git(folder, "init", "-q")
    return folder


def look(folder: Path, tmp_path: Path, function: Callable[[CommitFiles], T]) -> T:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x", "--allow-empty")

    async def run() -> T:
        mirrors, url = GitMirrors(tmp_path / "m"), f"file://{folder}"
        return await mirrors.reading(url, await mirrors.resolve(url, "main"), function)

    return asyncio.run(run())


def test_links_inside_are_followed_and_noted(folder: Path, tmp_path: Path) -> None:
    (folder / "app" / "link.yaml").symlink_to("../shared/s.yaml")
    (folder / "app" / "dir").symlink_to("../shared")

    def check(found: CommitFiles) -> None:
        assert found.read("app/link.yaml") == b"s"
        assert found.walk("app") == {"a.yaml": b"a", "link.yaml": b"s", "dir/s.yaml": b"s"}
        assert found.entries("app") == {"a.yaml": False, "link.yaml": False, "dir": True}
        assert {"app", "app/", "app/link.yaml", "app/dir"} <= set(found.reads)
        assert found.token("app") == found.reads["app"] and found.token("app/") == found.reads["app/"]
        assert found.read("none") is None and found.entries("app/a.yaml") is None and found.reads["none"] == ""

    look(folder, tmp_path, check)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "loop"])
def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path, target: str) -> None:
    (folder / "app" / "loop").symlink_to(target)
    for function in (lambda found: found.read("app/loop"), lambda found: found.walk("app")):
        with pytest.raises(SourceInvalid, match=r"leads out of the repository|in circles"):
            look(folder, tmp_path, function)


def test_a_folder_that_links_to_itself_ends(folder: Path, tmp_path: Path) -> None:
    (folder / "app" / "self").symlink_to(".")
    with pytest.raises(SourceInvalid):
        look(folder, tmp_path, lambda found: found.walk("app"))


def test_pointers_of_lfs_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "app" / "big.yaml").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(SourceInvalid, match=r"app/big.yaml is a pointer of Git LFS"):
        look(folder, tmp_path, lambda found: found.read("app/big.yaml"))


def test_files_of_submodules(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "o.yaml").write_text("o")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "o")
    git(folder, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "../other", "app/sub")
    assert look(folder, tmp_path, lambda found: found.walk("app")) == {"a.yaml": b"a", "sub/o.yaml": b"o"}
    other.rename(tmp_path / "gone")
    with pytest.raises(RepositoryUnavailable, match=r"other cannot be fetched"):
        look(folder, tmp_path / "again", lambda found: found.read("app/sub/o.yaml"))
    git(folder, "config", "-f", ".gitmodules", "--remove-section", "submodule.app/sub")
    with pytest.raises(SourceInvalid, match=r"app/sub is a submodule"):
        look(folder, tmp_path, lambda found: found.walk("app"))


def test_limits(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "app" / "b.yaml").write_text("b")
    monkeypatch.setattr(files, "MAX_FILES", 1)
    with pytest.raises(SourceInvalid, match="more than 1 files"):
        look(folder, tmp_path, lambda found: found.walk("app"))
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 0)
    with pytest.raises(SourceInvalid, match="larger than"):
        look(folder, tmp_path, lambda found: found.read("app/b.yaml"))


def test_a_pointer_in_a_chart_is_named_and_a_picture_is_not(folder: Path, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (folder / "app" / "icon.png").write_text(pointer)
    assert "icon.png" in look(folder, tmp_path, lambda found: found.walk("app"))
    (folder / "app" / "values.yaml").write_text(pointer)
    with pytest.raises(SourceInvalid, match=r"app/values.yaml is a pointer"):
        look(folder, tmp_path, lambda found: found.walk("app"))
