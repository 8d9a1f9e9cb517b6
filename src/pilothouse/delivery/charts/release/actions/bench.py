"""What every operation works with: one cluster, one namespace, and how the user wants it done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from pilothouse.delivery.charts.release.adapters.cluster import Cluster
from pilothouse.delivery.charts.release.adapters.guard import Guard
from pilothouse.delivery.charts.release.adapters.store import ReleaseStore
from pilothouse.delivery.charts.release.adapters.waiting import Waiter
from pilothouse.kit.clock import Clock, Entropy, rfc3339_micro
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import SECRET, Kind

DryRun = Literal["none", "client", "server"]
CrdPolicy = Literal["create", "apply", "skip"]
PostRender = Callable[[str], str]


class Options(msgspec.Struct, frozen=True):
    """How an operation is done; the names are those of helm's flags."""

    timeout_s: float = 300.0
    wait: bool = False
    wait_for_jobs: bool = False
    no_hooks: bool = False
    dry_run: DryRun = "none"
    hide_secret: bool = False
    description: str = ""
    labels: dict[str, str] = {}
    create_namespace: bool = False
    replace: bool = False
    take_ownership: bool = False
    force_conflicts: bool = False
    force_replace: bool = False
    rollback_on_failure: bool = False
    cleanup_on_fail: bool = False
    history_max: int = 10
    crds: CrdPolicy = "create"
    subchart_notes: bool = False
    skip_schema_validation: bool = False
    keep_history: bool = False
    ignore_not_found: bool = False
    cascade: str = "background"
    post_render: PostRender | None = None
    numbers: str = ""
    """`exact` or `helm`; empty for what the chart's annotation says."""
    seed: int | None = None
    """What random values and keys come from, so that they are the same in every run."""


class Bench:
    """The parts operations are made of."""

    def __init__(
        self, client: Client, namespace: str, clock: Clock, entropy: Entropy, warn: Callable[[str], object],
        code_folder: Callable[[], Path | None] | None = None, stored_in: Kind = SECRET,
    ) -> None:  # fmt: skip
        """Work in `namespace`; `warn` is given lines for the user that are not the result.

        Releases are stored in Secrets, or in objects of another kind (`stored_in`), as helm's HELM_DRIVER says.
        `code_folder` finds the private directory in which compiled templates are kept; without one they are compiled each time.
        """
        self.client, self.namespace, self.clock, self.entropy, self.warn = client, namespace, clock, entropy, warn
        self._code_folder = code_folder
        self.store = ReleaseStore(client, namespace, clock, stored_in)
        self.cluster = Cluster(client, namespace)
        self.waiter = Waiter(self.cluster, clock, entropy)

    @property
    def code_folder(self) -> Path | None:
        """The directory of compiled templates."""
        return self._code_folder() if self._code_folder is not None else None

    def guard(self, name: str) -> Guard:
        """Return the guard of a release."""
        return Guard(self.client, self.namespace, name, self.clock, self.entropy)

    def now(self) -> str:
        """Return the present as releases write it."""
        return rfc3339_micro(self.clock.now())
