"""Settings of GitOps."""

from __future__ import annotations

from typing import Literal

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
    namespace: str = ""
    """Where repository Secrets, argocd-secret and the argocd-* ConfigMaps are; empty for the namespace of each Application."""
    tracking: Literal["annotation", "label", "annotation+label"] = "annotation"
    """How objects say which Application owns them, as Argo CD's `application.resourceTrackingMethod`."""
    allow_local: bool = True
    """Whether folders of this machine (`file://`, `/path`) may be sources. Whoever may write an Application can then read every
    Git repository this process can read: right for one's own machine, to be switched off where several people
    share a platform."""
    fetch_timeout_s: float = 300.0
    """Seconds one exchange with a Git server may take."""
    max_repository_bytes: int = 4 << 30
    """How much may be received in one fetch."""
    render_memory_bytes: int = 96 << 20
    """About how much memory kept renders may take."""
    new_git_file_globbing: bool = False
    """Whether a star in the `files` of an ApplicationSet's git generator stays within one directory, as Argo CD's setting of
    that name has it; patterns are matched as `git ls-files` does otherwise."""
    webhook_port: int = 0
    """Port on which pushes are announced (`/api/webhook`); 0 for none."""
    webhook_host: str = "127.0.0.1"
    """Address the port above listens on."""
    health_probes_dir: str = ""
    """Folder of the programs that health probes may name; empty for `health-probes` below the data directory."""
    probe_hosts: tuple[str, ...] = ("*",)
    """Patterns of hosts that health probes may ask. Whoever may write an object of an Application can then have this process ask
    them: right for one's own machine, to be narrowed where several people share a platform."""
