"""What is read from one bare mirror of a Git repository: everything here blocks, and runs off the event loop.

Called by `git`, which loads this module with the first Application that needs it: libgit2 costs a tenth of a start.
Nothing is ever executed from a repository.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pygit2

from pilothouse.delivery.gitops.errors import RepositoryUnavailable, RevisionNotFound, SourceInvalid

MAX_FILES = 20_000
MAX_BYTES = 128 << 20
CONNECT_TIMEOUT_MS = 15_000
SILENCE_TIMEOUT_MS = 60_000
"""A server that says nothing for so long is given up, so that it cannot hold the threads that all blocking work shares."""
_REFSPEC = "+refs/*:refs/*"


class Repositories:
    """The mirrors below one directory."""

    def __init__(self, root: Path) -> None:
        """Keep mirrors below `root`."""
        self._root = root
        pygit2.settings.server_connect_timeout = CONNECT_TIMEOUT_MS
        pygit2.settings.server_timeout = SILENCE_TIMEOUT_MS

    def _path(self, url: str) -> Path:
        return self._root / hashlib.sha256(url.encode()).hexdigest()[:32]

    def _open(self, url: str) -> pygit2.Repository:
        path = self._path(url)
        if not (path / "HEAD").exists():
            self._create(path, url)
        return pygit2.Repository(str(path))

    def _create(self, path: Path, url: str) -> None:
        """Make a mirror aside and move it into place: a half-made one is never used."""
        aside = path.with_name(f"{path.name}.new")
        for leftover in (aside, path):
            shutil.rmtree(leftover, ignore_errors=True)
        aside.mkdir(parents=True)
        pygit2.init_repository(str(aside), bare=True).remotes.create("origin", url, _REFSPEC)
        aside.rename(path)

    def resolve(self, url: str, revision: str) -> str:
        """Fetch what is missing, and return the commit id of a branch, tag, commit or HEAD."""
        try:
            repository = self._open(url)
            remote = repository.remotes["origin"]
            heads = remote.list_heads()
            wanted = _find_head(heads, revision)
            if wanted is None or wanted not in repository:
                remote.fetch([_REFSPEC], prune=pygit2.enums.FetchPrune.PRUNE)
        except (pygit2.GitError, OSError, ValueError) as error:
            raise RepositoryUnavailable(
                f"repository {url} cannot be fetched: {error}", fix="check the URL, the network and the credentials"
            ) from error
        return wanted or _resolve_locally(repository, url, revision)

    def _commit_tree(self, url: str, commit: str, path: str) -> tuple[pygit2.Repository, pygit2.Tree | None]:
        repository = self._open(url)
        tree = repository[commit].peel(pygit2.Commit).tree
        clean = path.strip("/")
        if clean in {"", "."}:
            return repository, tree
        if ".." in clean.split("/"):
            raise SourceInvalid(f"source path {path!r} leaves the repository")
        try:
            found = tree[clean]
        except KeyError:
            return repository, None
        return repository, found if isinstance(found, pygit2.Tree) else None

    def tree_id(self, url: str, commit: str, path: str) -> str:
        """Return the id of the tree at `path`; empty when there is none."""
        _, tree = self._commit_tree(url, commit, path)
        return "" if tree is None else str(tree.id)

    def files(self, url: str, commit: str, path: str) -> dict[str, bytes]:
        """Return all files below `path`, by path relative to it."""
        _, tree = self._commit_tree(url, commit, path)
        if tree is None:
            raise SourceInvalid(
                f"{path}: app path does not exist at revision {commit[:12]} of {url}", fix="check spec.source.path"
            )
        found: dict[str, bytes] = {}
        size = 0
        for name, blob in _walk(tree, ""):
            size += blob.size
            if len(found) == MAX_FILES or size > MAX_BYTES:
                raise SourceInvalid(f"source path {path!r} has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB")
            found[name] = blob.data
        return found


def _find_head(heads: object, revision: str) -> str | None:
    names = {revision, f"refs/heads/{revision}", f"refs/tags/{revision}"}
    for head in heads:  # type: ignore[attr-defined]
        name = head["name"] if isinstance(head, dict) else head.name
        oid = head["oid"] if isinstance(head, dict) else head.oid
        if name in names:
            return str(oid)
    return None


def _resolve_locally(repository: pygit2.Repository, url: str, revision: str) -> str:
    try:
        return str(repository.revparse_single(revision).peel(pygit2.Commit).id)
    except (KeyError, pygit2.GitError, ValueError) as error:
        raise RevisionNotFound(
            f"repository {url} has no revision {revision!r}", fix="check spec.source.targetRevision"
        ) from error


def _walk(tree: pygit2.Tree, prefix: str) -> Iterator[tuple[str, pygit2.Blob]]:
    for entry in tree:
        name = f"{prefix}{entry.name}"
        if isinstance(entry, pygit2.Tree):
            yield from _walk(entry, f"{name}/")
        elif isinstance(entry, pygit2.Blob):
            yield name, entry
