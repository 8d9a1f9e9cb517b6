"""What a sync is asked to do: the `operation` of an Application, or what its policy wants."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.types.application import App, Retry, read_retry

AUTOMATED_RETRIES = 5
"""How often an automated sync is tried again where the policy does not say."""


class SyncRequest(msgspec.Struct, frozen=True):
    """One sync that somebody or the policy asked for."""

    revisions: tuple[str, ...] = ()
    """What to sync to; empty for what the sources say."""
    prune: bool = False
    dry_run: bool = False
    force: bool = False
    skip_hooks: bool = False
    only: tuple[dict[str, str], ...] = ()
    """Objects of a selective sync; empty for all."""
    options: frozenset[str] = frozenset()
    retry: Retry = Retry()
    is_automated: bool = False
    username: str = ""
    raw: dict[str, Any] = {}
    """The operation as written, for the status."""

    def has(self, option: str) -> bool:
        """Whether a sync option (`Replace=true`) is set."""
        return option in self.options

    def value_of(self, option: str) -> str:
        """Return the value of a sync option, empty when it is not set."""
        return next((text.partition("=")[2] for text in sorted(self.options) if text.startswith(f"{option}=")), "")


def read_request(app: App, operation: Tree) -> SyncRequest:
    """Return the sync that an `operation` asks for."""
    sync = operation.get("sync") or {}
    strategy = sync.get("syncStrategy") or {}
    kind = strategy.get("apply") if "apply" in strategy else strategy.get("hook")
    options = sync.get("syncOptions")
    revisions = sync.get("revisions") or ([sync["revision"]] if sync.get("revision") else [])
    initiated = operation.get("initiatedBy") or {}
    retry = operation.get("retry")
    return SyncRequest(
        tuple(str(revision) for revision in revisions), bool(sync.get("prune")), bool(sync.get("dryRun")),
        bool((kind or {}).get("force")), "apply" in strategy and "hook" not in strategy, tuple(sync.get("resources") or ()),
        frozenset(str(option) for option in options) if options is not None else app.policy.options,
        read_retry(retry) if retry else app.policy.retry, bool(initiated.get("automated")),
        str(initiated.get("username") or ""), operation,
    )  # fmt: skip


def automated_request(app: App, revisions: tuple[str, ...]) -> SyncRequest:
    """Return the sync that the policy wants."""
    sync: Tree = {"prune": app.policy.prune, "syncOptions": sorted(app.policy.options)}
    sync |= {"revisions": list(revisions)} if len(revisions) > 1 else {"revision": revisions[0] if revisions else ""}
    stated = (app.spec.get("syncPolicy") or {}).get("retry")
    raw = {"sync": sync, "initiatedBy": {"automated": True}, "retry": stated or {"limit": AUTOMATED_RETRIES}}
    retry = app.policy.retry if stated else Retry(AUTOMATED_RETRIES)
    return SyncRequest(revisions, app.policy.prune, options=app.policy.options, retry=retry, is_automated=True, raw=raw)
