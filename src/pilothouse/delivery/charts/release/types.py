"""The records of releases, with the field names helm stores: a release, its info, its hooks and their last runs.

They are read and written by `engine/record`; `labels` live on the Secret and not in the record. Times are texts of RFC 3339, as
helm writes them, so that a time of another zone comes back as it was.
"""

from __future__ import annotations

from typing import Any

import msgspec

DEPLOYED, FAILED, SUPERSEDED, UNKNOWN = "deployed", "failed", "superseded", "unknown"
UNINSTALLED, UNINSTALLING = "uninstalled", "uninstalling"
PENDING_INSTALL, PENDING_UPGRADE, PENDING_ROLLBACK = "pending-install", "pending-upgrade", "pending-rollback"
PENDING = frozenset((PENDING_INSTALL, PENDING_UPGRADE, PENDING_ROLLBACK))
SERVER_SIDE, CLIENT_SIDE = "ssa", "csa"


class HookRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last run of a hook; `phase` is Running, Succeeded, Failed or Unknown."""

    started_at: str = ""
    completed_at: str = ""
    phase: str = ""


class ReleaseHook(msgspec.Struct, frozen=True, omit_defaults=True):
    """A hook as it is stored."""

    name: str = ""
    kind: str = ""
    path: str = ""
    manifest: str = ""
    events: tuple[str, ...] | None = None
    last_run: HookRun = HookRun()
    weight: int = 0
    delete_policies: tuple[str, ...] | None = None
    output_log_policies: tuple[str, ...] | None = None

    def runs_on(self, event: str) -> bool:
        """Whether `event` starts it; the old word for tests counts."""
        return event in (self.events or ()) or (event == "test" and "test-success" in (self.events or ()))


class ReleaseInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """When, in which state and why."""

    first_deployed: str = ""
    last_deployed: str = ""
    deleted: str = ""
    description: str = ""
    status: str = UNKNOWN
    rollback_revision: int = 0
    notes: str = ""


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """One revision of a release. `chart` is the chart as helm stores it, `config` the values the user gave."""

    name: str
    namespace: str = ""
    version: int = 0
    info: ReleaseInfo = ReleaseInfo()
    chart: dict[str, Any] = {}
    config: dict[str, Any] | None = None
    manifest: str = ""
    hooks: tuple[ReleaseHook, ...] | None = None
    apply_method: str = ""
    labels: dict[str, str] = {}

    @property
    def status(self) -> str:
        """The state word."""
        return self.info.status

    @property
    def is_pending(self) -> bool:
        """Whether an operation was begun and not ended."""
        return self.info.status in PENDING

    @property
    def chart_name(self) -> str:
        """Name and version as the tables show them."""
        metadata = self.chart.get("metadata") or {}
        return f"{metadata.get('name', '')}-{metadata.get('version', '')}" if metadata else "MISSING"

    @property
    def app_version(self) -> str:
        """The version of what the chart deploys."""
        return str((self.chart.get("metadata") or {}).get("appVersion") or "") if self.chart else "MISSING"

    def with_info(self, **changes: Any) -> Release:
        """Return the release with other info."""
        return msgspec.structs.replace(self, info=msgspec.structs.replace(self.info, **changes))
