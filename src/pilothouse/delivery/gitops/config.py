"""Settings of GitOps."""

from __future__ import annotations

import msgspec


class GitOpsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often repositories are looked at, and where mirrors are kept."""

    data_dir: str = ""
    """Mirrors are kept in `git/` below this directory."""
    poll_s: float = 120.0
    """Seconds between two looks at a remote repository."""
    local_poll_s: float = 1.0
    """Seconds between two looks at a repository on this machine."""
    history_limit: int = 10
