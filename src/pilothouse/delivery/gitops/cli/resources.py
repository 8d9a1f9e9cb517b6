"""Resources of an Application as rows: what its status says of each, and what the sync under way did to it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Key = tuple[str, str, str, str]
HEAD = ("PHASE", "WAVE", "GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "MESSAGE")

_TOLD_FIRST = ("Pruned", "PruneSkipped", "SyncFailed", "Failed", "Error")
"""Outcomes of a sync that say more than the health of the object."""


class Row(NamedTuple):
    """One resource."""

    group: str
    kind: str
    namespace: str
    name: str
    phase: str
    wave: str
    status: str
    health: str
    source: str
    """Who judged: probe, lua, built-in; empty where that is not said."""
    message: str

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self[:4]

    def cells(self) -> tuple[str, ...]:
        """Return the cells below `HEAD`."""
        health = f"{self.health} ({self.source})" if self.source else self.health
        return self.phase, self.wave, self.group, self.kind, self.namespace, self.name, self.status, health, self.message

    def line(self) -> str:
        """Return it as one line for a log."""
        where = f"{self.namespace}/" if self.namespace else ""
        health = f"{self.health} ({self.source})" if self.source else self.health
        parts = [self.phase, f"wave {self.wave}", f"{self.kind} {where}{self.name}", self.status, health]
        return "  ".join(part for part in parts if part) + (f"  {self.message}" if self.message else "")


def key_of(entry: dict[str, Any]) -> Key:
    """Return what tells a resource from others."""
    return entry.get("group") or "", entry["kind"], entry.get("namespace") or "", entry["name"]


def rows_of(app: dict[str, Any], takes: Callable[[dict[str, Any]], bool] = bool, *, is_syncing: bool = False) -> list[Row]:
    """Return the resources of an Application; with `is_syncing` as the sync under way left them."""
    status = app.get("status") or {}
    result = ((status.get("operationState") or {}).get("syncResult") or {}).get("resources") or ()
    done = {key_of(entry): entry for entry in result}
    entries = {key_of(entry): entry for entry in status.get("resources") or ()}
    found = [_row(entry, done.get(key, {}), is_syncing) for key, entry in entries.items() if takes(entry)]
    return found + [
        _row({**entry, "status": ""}, entry, is_syncing) for key, entry in done.items() if key not in entries and takes(entry)
    ]


def _row(entry: dict[str, Any], done: dict[str, Any], is_syncing: bool) -> Row:
    health = entry.get("health") or {}
    outcome = done.get("hookPhase") or "" if done.get("hookType") else done.get("status") or ""
    status = (outcome if is_syncing or done.get("hookType") else "") or entry.get("status") or outcome
    said = [health.get("message"), *([done.get("message")] if is_syncing or not entry.get("status") else [])]
    said = said[::-1] if status in _TOLD_FIRST else said
    message = next((" ".join(str(text).split()) for text in said if text), "")
    return Row(
        *key_of(entry), str(done.get("syncPhase") or ""), str(entry.get("syncWave") or 0), str(status),
        str(health.get("status") or ""), str(health.get("source") or ""), message,
    )  # fmt: skip
