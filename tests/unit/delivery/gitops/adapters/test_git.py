"""Mirrors of real Git repositories."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.errors import RepositoryUnavailable, RevisionNotFound, SourceInvalid


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "a.yaml").write_text("one")
    (folder / "other.txt").write_text("x")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "v1")
    return folder


def test_resolve_read_and_follow(repository: Path, tmp_path: Path) -> None:
    async def run() -> None:
        mirrors, url = GitMirrors(tmp_path / "mirrors"), f"file://{repository}"
        first = await mirrors.resolve(url, "main")
        assert (
            first
            == git(repository, "rev-parse", "HEAD")
            == await mirrors.resolve(url, "v1")
            == await mirrors.resolve(url, "HEAD")
        )
        assert await mirrors.files(url, first, "app") == {"a.yaml": b"one"}
        tree = await mirrors.tree_id(url, first, "app")
        (repository / "other.txt").write_text("y")
        git(repository, "commit", "-qam", "two")
        second = await mirrors.resolve(url, "main")
        assert second != first
        assert await mirrors.tree_id(url, second, "app") == tree, "nothing below app changed"
        assert await mirrors.resolve(url, first) == first, "an old commit is still there"

    asyncio.run(run())


def test_failures_say_what_is_wrong(repository: Path, tmp_path: Path) -> None:
    async def run() -> None:
        mirrors, url = GitMirrors(tmp_path / "mirrors"), f"file://{repository}"
        with pytest.raises(RevisionNotFound, match="no revision 'nope'"):
            await mirrors.resolve(url, "nope")
        with pytest.raises(RepositoryUnavailable, match="cannot be fetched"):
            await mirrors.resolve(f"file://{tmp_path}/none", "main")
        commit = await mirrors.resolve(url, "main")
        with pytest.raises(SourceInvalid, match="does not exist"):
            await mirrors.files(url, commit, "missing")
        with pytest.raises(SourceInvalid, match="leaves the repository"):
            await mirrors.files(url, commit, "../etc")

    asyncio.run(run())


def test_many_first_uses_of_one_repository_at_once(repository: Path, tmp_path: Path) -> None:
    async def run() -> None:
        mirrors = GitMirrors(tmp_path / "mirrors")
        found = await asyncio.gather(*(mirrors.resolve(f"file://{repository}", "main") for _ in range(12)))
        assert set(found) == {git(repository, "rev-parse", "HEAD")}

    asyncio.run(run())


def test_libgit2_is_loaded_by_the_first_application_only() -> None:
    code = "import sys, pathlib; from pilothouse.delivery.gitops.adapters.git import GitMirrors; GitMirrors(pathlib.Path('.')); "
    code += "print('pygit2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_every_way_to_name_a_revision(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    for name in ("v1.0.0", "v1.2.0", "v2.0.0"):
        (repository / "other.txt").write_text(name)
        git(repository, "commit", "-qam", name)
        git(repository, "tag", "-a", name, "-m", name)
    git(repository, "update-ref", "refs/pull/7/head", first)
    git(repository, "branch", "1.5")

    async def run() -> None:
        mirrors, url = GitMirrors(tmp_path / "mirrors"), f"file://{repository}"

        async def is_same(revision: str, name: str) -> bool:
            return await mirrors.resolve(url, revision) == git(repository, "rev-parse", f"{name}^{{commit}}")

        for revision, name in {
            "v1.*": "v1.2.0", ">=1.0.0 <2": "v1.2.0", "*": "v2.0.0", "^1.0.0": "v1.2.0", "v2.0.0": "v2.0.0",
            "refs/tags/v1.0.0": "v1.0.0", "refs/heads/main": "main", "refs/pull/7/head": first, first[:7]: first, "1.5": "1.5",
        }.items():  # fmt: skip
            assert await is_same(revision, name), revision
        for bad in (">9", "main~1", "..", "a b", "-x", "", "x" * 2000, "@{-1}", ":/one", "0000000"):
            if bad:
                with pytest.raises(RevisionNotFound):
                    await mirrors.resolve(url, bad)

    asyncio.run(run())
