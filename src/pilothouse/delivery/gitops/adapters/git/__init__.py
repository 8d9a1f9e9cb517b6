"""Bare mirrors of Git repositories, read without a checkout.

One mirror per address below the data directory; `repositories` does the blocking work, on threads of its own, so that a server
that does not answer takes none of those others need. A repository is asked for its references once for everybody who wants
to know at that time, at most two exchanges with a host run at once, and one that failed is left alone for a while.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pilothouse.delivery.gitops.adapters.git.limits import Limits
from pilothouse.delivery.gitops.engine.sources.access import Access
from pilothouse.delivery.gitops.engine.sources.needs import CommitNeed, Missing
from pilothouse.delivery.gitops.engine.sources.revisions import find_reference, is_commit, is_name, is_short_commit
from pilothouse.delivery.gitops.engine.sources.urls import host_of, same_repository
from pilothouse.delivery.gitops.errors import RevisionNotFound, SourceInvalid, SourceNotSupported
from pilothouse.delivery.gitops.types.source import is_local
from pilothouse.kit.aio import Threads
from pilothouse.kit.clock import Clock, SystemClock
from pilothouse.kit.errors import PilothouseError

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.adapters.git.files import CommitFiles
    from pilothouse.delivery.gitops.adapters.git.repositories import Repositories

__all__ = ["GitMirrors", "Limits", "jittered", "missing_path"]
T = TypeVar("T")
AccessOf = Callable[[str], Access]
MAX_PER_HOST = 2
MAX_FETCHES = 16
MAX_SUBMODULES = 100
RETRY_S, MAX_RETRY_S = 5.0, 300.0


def jittered(interval_s: float, key: str) -> float:
    """Return an interval up to a tenth longer, another one for every key, so that not all is looked at in one moment."""
    return interval_s * (1 + (zlib.crc32(key.encode()) % 1000) / 10_000)


def missing_path(path: str, revision: str, url: str) -> SourceInvalid:
    """Return the failure of a source whose path is not there."""
    return SourceInvalid(f"{path}: app path does not exist at revision {revision[:12]} of {url}", fix="check spec.source.path")


class _Known:
    """What is known of one repository, seen with one set of credentials."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.looks = 0
        """How many looks were begun: who waited while another one was made shares it."""
        self.heads: dict[str, str] = {}
        self.listed_at = float("-inf")
        self.failure: PilothouseError | None = None
        self.failures = 0
        self.retry_at = float("-inf")
        self.commits: dict[str, str] = {}


class GitMirrors:
    """The mirrors of one data directory."""

    def __init__(self, root: Path, clock: Clock | None = None, *, allow_local: bool = True, limits: Limits | None = None) -> None:
        """Keep mirrors below `root`; without `allow_local`, folders of this machine are no repositories."""
        self.root, self._clock, self._allow_local, self._limits = root, clock or SystemClock(), allow_local, limits
        self._known: dict[tuple[str, Access], _Known] = {}
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MAX_PER_HOST))
        self._threads = Threads("git", MAX_FETCHES)
        self._readers = Threads("git-read", 4)
        self._users: defaultdict[str, set[object]] = defaultdict(set)
        self.exchanges = 0
        """How often a server was asked for its references."""

    @cached_property
    def repositories(self) -> Repositories:
        """The blocking part."""
        from pilothouse.delivery.gitops.adapters.git.repositories import Repositories

        return Repositories(self.root, self._clock, self._limits)

    async def trust_hosts(self, known_hosts: str) -> None:
        """Accept ssh servers with these lines of a known_hosts file."""
        await self._readers.run(lambda: self.repositories.trust_hosts(known_hosts))

    async def remove_stale(self, max_age_s: float) -> None:
        """Remove mirrors of an earlier run that nobody looked at for so long."""
        if self.root.is_dir() and any(self.root.iterdir()):
            await self._readers.run(lambda: self.repositories.remove_older(max_age_s))

    async def resolve(self, url: str, revision: str, access: Access | None = None, *, max_age_s: float = 0.0) -> str:
        """Return the commit of a branch, tag, range of versions, reference or commit, fetched.

        What was seen at most `max_age_s` seconds ago is not asked for again.
        Raises `RepositoryUnavailable` or `RevisionNotFound`.
        """
        if is_local(url) and not self._allow_local:
            raise SourceNotSupported(
                f"repository {url} is a folder of this machine, which is switched off", fix="set `allow_local` of delivery.gitops"
            )
        access = access or Access(url)
        known = self._known.setdefault((url, access), _Known())
        looks = known.looks
        async with known.lock:
            if known.looks == looks or known.failure is not None:
                await self._look(known, url, access, max_age_s, is_shared=known.looks > looks)
            commit = known.commits.get(revision)
            if commit is None:
                commit = known.commits[revision] = await self._commit(known, url, access, revision)
            return commit

    def due(self, interval_s: Callable[[str], float]) -> list[tuple[str, Access]]:
        """Return the repositories in use that were not looked at for their interval, with the credentials to look with."""
        now = self._clock.monotonic()
        return [
            (url, access)
            for (url, access), known in self._known.items()
            if self._users.get(url) and now - known.listed_at >= interval_s(url) and now >= known.retry_at
        ]

    async def look(self, url: str, access: Access) -> bool:
        """Ask for the references of a repository; returns whether they are others than before, or came back."""
        known = self._known.setdefault((url, access), _Known())
        async with known.lock:
            before, had_failed = known.heads, known.failure is not None
            try:
                await self._look(known, url, access, 0.0, is_shared=False)
            except PilothouseError:
                return not had_failed
            return known.heads != before or had_failed

    async def _look(self, known: _Known, url: str, access: Access, max_age_s: float, *, is_shared: bool) -> None:
        """Have the references that are new enough; raises what went wrong, also when that was a moment ago."""
        now = self._clock.monotonic()
        if known.failure is not None:
            if is_shared or (max_age_s > 0 and now < known.retry_at):
                raise known.failure.with_traceback(None)
        elif now - known.listed_at < max_age_s:
            return
        known.looks += 1
        try:
            known.listed_at = now
            self.exchanges += 1
            heads = await self._ask(url, lambda: self.repositories.heads(url, access))
        except PilothouseError as error:
            known.failure, known.failures = error, known.failures + 1
            wait_s = RETRY_S if is_local(url) else min(MAX_RETRY_S, RETRY_S * 2.0 ** min(known.failures - 1, 20))
            known.retry_at = self._clock.monotonic() + wait_s
            raise
        if heads != known.heads:
            known.heads, known.commits = heads, {}
        known.failure, known.failures = None, 0

    async def _ask(self, url: str, function: Callable[[], T]) -> T:
        async with self._hosts[host_of(url)]:
            return await self._threads.run(function)

    async def _commit(self, known: _Known, url: str, access: Access, revision: str) -> str:
        from pilothouse.delivery.charts import best_version

        reference, oid = find_reference(known.heads, revision, best_version)
        if oid:
            if not await self._readers.run(lambda: self.repositories.has(url, oid)):
                await self._ask(url, lambda: self.repositories.fetch(url, access, reference))
            return await self._readers.run(lambda: self.repositories.commit_of(url, oid))
        if not is_name(revision) or not (is_commit(revision) or is_short_commit(revision)):
            raise RevisionNotFound(f"repository {url} has no revision {revision!r}", fix="check spec.source.targetRevision")
        if not is_commit(revision) or not await self._readers.run(lambda: self.repositories.has(url, revision)):
            await self._ask(url, lambda: self.repositories.fetch(url, access))
        return await self._readers.run(lambda: self.repositories.commit_of(url, revision))

    async def reading(self, url: str, commit: str, function: Callable[[CommitFiles], T], access_of: AccessOf | None = None) -> T:
        """Run a blocking `function` on the files of a commit; `access_of` gives the credentials of submodules."""
        for _ in range(MAX_SUBMODULES):
            try:
                return await self._readers.run(lambda: function(self.files_of(url, commit)))
            except Missing as missing:
                assert isinstance(missing.need, CommitNeed)
                await self.bring(missing.need, access_of)
        raise SourceInvalid(f"repository {url} has more than {MAX_SUBMODULES} submodules")

    async def bring(self, need: CommitNeed, access_of: AccessOf | None = None) -> None:
        """Fetch the repository of a submodule; raises `RevisionNotFound` when it has no such commit."""
        access = access_of(need.url) if access_of else Access(need.url)
        await self._ask(need.url, lambda: self.repositories.fetch(need.url, access))
        await self._readers.run(lambda: self.repositories.commit_of(need.url, need.commit))

    def files_of(self, url: str, commit: str) -> CommitFiles:
        """Return the files of a commit; blocks. Reading them raises `Missing` for the commits of submodules that are not here."""
        from pilothouse.delivery.gitops.adapters.git.files import CommitFiles

        def submodule(address: str, wanted: str) -> object:
            if is_local(address) and not self._allow_local:
                raise SourceNotSupported(f"submodule {address} is a folder of this machine, which is switched off")
            if not self.repositories.has(address, wanted):
                raise Missing(CommitNeed(address, wanted))
            return self.repositories.open(address)

        return CommitFiles(self.repositories.open(url), url, commit, submodule)

    async def files(self, url: str, commit: str, path: str) -> dict[str, bytes]:
        """Return all files below `path` of a commit, by path relative to it; raises `SourceInvalid`."""

        def read(files: CommitFiles) -> dict[str, bytes]:
            if files.entries(path) is None:
                raise missing_path(path, commit, url)
            return dict(files.walk(path))

        return await self.reading(url, commit, read)

    async def tree_id(self, url: str, commit: str, path: str) -> str:
        """Return the id of what is at `path`, which changes only when something below it does; empty when there is none."""
        return await self.reading(url, commit, lambda files: files.token(path))

    def expect_news(self, urls: Iterable[str]) -> None:
        """Look at these repositories at the next occasion, however short ago that was done."""
        named = list(urls)
        for (url, _), known in self._known.items():
            if any(same_repository(url, each) for each in named):
                known.listed_at = known.retry_at = float("-inf")

    async def use(self, user: object, urls: Iterable[str]) -> None:
        """Note which repositories `user` needs; mirrors nobody needs any more are removed."""
        wanted = set(urls)
        for url in wanted:
            self._users[url].add(user)
        for url in [url for url, users in self._users.items() if url not in wanted and user in users]:
            self._users[url].discard(user)
            if not self._users[url]:
                del self._users[url]
                self._known = {key: known for key, known in self._known.items() if key[0] != url}
                await self._readers.run(lambda url=url: self.repositories.remove(url))  # type: ignore[misc]
