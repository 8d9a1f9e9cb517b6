"""Bare mirrors of Git repositories, read without a checkout.

One mirror per URL below the data directory; `repositories` does the blocking work, off the event loop.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.kit.aio import offload

if TYPE_CHECKING:
    from pilothouse.delivery.gitops.adapters.repositories import Repositories


class GitMirrors:
    """The mirrors of one data directory."""

    def __init__(self, root: Path) -> None:
        """Keep mirrors below `root`."""
        self._root = root
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @cached_property
    def _repositories(self) -> Repositories:
        from pilothouse.delivery.gitops.adapters.repositories import Repositories

        return Repositories(self._root)

    async def resolve(self, url: str, revision: str) -> str:
        """Fetch, and return the commit id of a branch, tag, commit or HEAD; one fetch at a time for each mirror.

        Raises `RepositoryUnavailable` or `RevisionNotFound`.
        """
        async with self._locks[url]:
            return await offload(lambda: self._repositories.resolve(url, revision))

    async def files(self, url: str, commit: str, path: str) -> dict[str, bytes]:
        """Return all files below `path` of a commit, by path relative to it; raises `SourceInvalid`."""
        return await offload(lambda: self._repositories.files(url, commit, path))

    async def tree_id(self, url: str, commit: str, path: str) -> str:
        """Return the id of the tree at `path`, which changes only when something below it does; empty when there is none."""
        return await offload(lambda: self._repositories.tree_id(url, commit, path))
