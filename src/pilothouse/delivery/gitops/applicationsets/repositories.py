"""What generators ask of Git repositories, read from the mirrors that Applications use.

Answers are kept by the tree they were read from: a commit that leaves the tree as it is, or no commit at all, costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.delivery.gitops.adapters.git import GitMirrors
from pilothouse.delivery.gitops.adapters.sources.credentials import RepositorySecrets
from pilothouse.delivery.gitops.engine.applicationsets.asks import Directories, Files
from pilothouse.delivery.gitops.engine.applicationsets.repositories import glob_matches, pathspec_matches
from pilothouse.delivery.gitops.errors import GeneratorFailed

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.adapters.git.files import CommitFiles

MAX_KEPT = 512
MAX_MATCHES = 20_000


class GitAnswers:
    """Directories and files of repositories."""

    def __init__(self, mirrors: GitMirrors, secrets: RepositorySecrets, *, has_globs: bool = False) -> None:
        """Match files as `git ls-files` does, or by globs in which a star stays within a directory."""
        self._mirrors, self._secrets = mirrors, secrets
        self._matches = glob_matches if has_globs else pathspec_matches
        self._kept: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self._known_hosts = ""

    async def directories(self, ask: Directories, namespace: str, max_age_s: float) -> list[str]:
        """Return the directories of a repository, without hidden ones and what is in them."""
        found: list[str] = await self._answer(ask, namespace, max_age_s, "", _directories)
        return found

    async def files(self, ask: Files, namespace: str, max_age_s: float) -> dict[str, str]:
        """Return the text of the files that a pattern matches."""

        def read(files: CommitFiles) -> dict[str, str]:
            return _texts(files, ask.pattern, self._matches)

        found: dict[str, str] = await self._answer(ask, namespace, max_age_s, f"files {ask.pattern}", read)
        return found

    async def _answer(
        self, ask: Directories | Files, namespace: str, max_age_s: float, what: str, read: Callable[[CommitFiles], Any]
    ) -> Any:
        await self._secrets.start()
        known_hosts = self._secrets.known_hosts()
        if known_hosts != self._known_hosts:
            self._known_hosts = known_hosts
            await self._mirrors.trust_hosts(known_hosts)
        access_of = self._secrets.access(namespace, ask.project)
        url = ask.repo_url
        commit = await self._mirrors.resolve(url, ask.revision or "HEAD", access_of(url), max_age_s=max_age_s)
        tree = await self._mirrors.reading(url, commit, lambda files: files.root, access_of)
        key = (url, tree, what)
        if key not in self._kept:
            self._kept[key] = await self._mirrors.reading(url, commit, read, access_of)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    async def use(self, user: object, urls: set[str]) -> None:
        """Keep the mirrors of the repositories that somebody asks for."""
        await self._mirrors.use(user, urls)


def _directories(files: CommitFiles) -> list[str]:
    return sorted(path for path, is_folder in files.everything() if is_folder and not any(map(_is_hidden, path.split("/"))))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _texts(files: CommitFiles, pattern: str, matches: Callable[[str, str], bool]) -> dict[str, str]:
    paths = [path for path, is_folder in files.everything() if not is_folder and matches(pattern, path)]
    if len(paths) > MAX_MATCHES:
        raise GeneratorFailed(f"{len(paths)} files match {pattern!r}", fix=f"match at most {MAX_MATCHES}")
    found: dict[str, str] = {}
    for path in paths:
        try:
            found[path] = (files.read(path) or b"").decode()
        except UnicodeDecodeError:
            raise GeneratorFailed(f"{path}, which {pattern!r} matches, is no UTF-8 text") from None
    return found
