"""What a sync is given and what it remembers: options, the objects, and the result of every task.

The state is all that survives between two steps; it is stored in `status.operationState`, so a restart goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pilothouse.api.meta import Tree

RUNNING, SUCCEEDED, FAILED, ERROR = "Running", "Succeeded", "Failed", "Error"
SYNCED, SYNC_FAILED, PRUNED, PRUNE_SKIPPED = "Synced", "SyncFailed", "Pruned", "PruneSkipped"


class Resource(msgspec.Struct, frozen=True):
    """One object: what is wanted and what is there."""

    target: Tree | None
    live: Tree | None


class Options(msgspec.Struct, frozen=True):
    """How a sync is done; the names are those of Argo CD's sync options."""

    namespace: str = ""
    revision: str = ""
    started_at: float = 0.0
    prune: bool = False
    prune_last: bool = False
    prune_confirmed: bool = False
    default_prune: str = ""
    """Prune option of objects that state none: `true`, `false`, `confirm`, or nothing."""
    prune_propagation: str = "Foreground"
    dry_run: bool = False
    force: bool = False
    replace: bool = False
    validate: bool = True
    server_side_apply: bool = False
    manager: str = ""
    migrates_client_side_apply: bool = False
    migrated_manager: str = "kubectl-client-side-apply"
    apply_out_of_sync_only: bool = False
    skip_dry_run_on_missing: bool = False
    skip_hooks: bool = False
    creates_namespace: bool = False
    namespace_metadata: dict[str, Any] | None = None
    hook_phases: tuple[str, ...] = ("PreSync", "Sync", "PostSync", "SyncFail")


class TaskResult(msgspec.Struct, frozen=True):
    """What became of one task."""

    status: str = ""
    """Synced, SyncFailed, Pruned or PruneSkipped."""
    hook_phase: str = ""
    """Running, Succeeded, Failed or Error: how far the object is; for plain objects too."""
    message: str = ""
    order: int = 0


class Sync(msgspec.Struct):
    """One sync: its objects as they are now, its options, and its state."""

    resources: list[Resource]
    hooks: list[Tree] = []
    options: Options = Options()
    modified: dict[str, bool] = {}
    """By identity whether the comparison found a difference; unknown ones count as modified."""
    permit: Callable[[Tree, bool], str] = lambda _tree, _is_namespaced: ""
    """Says why an object (and whether it is namespaced) may not be touched; empty when it may."""
    is_selected: Callable[[Tree], bool] = lambda _tree: True
    """Which objects take part; others are left alone."""
    phase: str = RUNNING
    message: str = ""
    results: dict[str, TaskResult] = {}

    @property
    def is_running(self) -> bool:
        """Whether there is something left to do."""
        return self.phase == RUNNING

    def move(self, phase: str, message: str) -> None:
        """Set the phase of the whole sync and what it waits for or ended with."""
        self.phase, self.message = phase, message
