"""What a render finds out it needs from elsewhere.

A render runs on a thread and does no network I/O. When something is not here (a chart, a commit of a submodule's repository, a
remote base), it raises `Missing`; whoever runs it brings that and starts it again.
"""

from __future__ import annotations

import msgspec


class ChartNeed(msgspec.Struct, frozen=True):
    """A version of a chart in a repository or registry."""

    url: str
    name: str
    version: str
    is_everywhere: bool = False
    """Credentials also go to other hosts (passCredentials)."""


class ArtifactNeed(msgspec.Struct, frozen=True):
    """An artefact of a registry."""

    url: str
    digest: str


class GitNeed(msgspec.Struct, frozen=True):
    """A repository at a revision, for a remote base; provided as the commit's id."""

    url: str
    revision: str


class CommitNeed(msgspec.Struct, frozen=True):
    """A commit of a submodule's repository in its mirror."""

    url: str
    commit: str


Need = ChartNeed | ArtifactNeed | GitNeed | CommitNeed


class Missing(Exception):
    """A render cannot go on without something."""

    def __init__(self, need: Need) -> None:
        """Name what is needed."""
        super().__init__(str(need))
        self.need = need
