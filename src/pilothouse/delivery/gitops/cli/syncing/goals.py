"""What is waited for, and what is still missing from it. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

BUSY = ("Running", "Terminating")


class Goal(msgspec.Struct, frozen=True):
    """The conditions of a wait; the healths are alternatives, all else must hold together."""

    sync: bool = False
    healths: tuple[str, ...] = ()
    operation: bool = False
    deletion: bool = False


def is_busy(app: dict[str, Any]) -> bool:
    """Whether a sync was asked for or is under way."""
    return bool(app.get("operation")) or ((app.get("status") or {}).get("operationState") or {}).get("phase") in BUSY


def missing(app: dict[str, Any], goal: Goal, entries: list[dict[str, Any]] | None = None) -> list[str]:
    """Return what is not as it should be, in words; `entries` are the resources that count instead of the whole."""
    if goal.deletion:
        return ["it is still there"]
    found: list[str] = []
    status = app.get("status") or {}
    if goal.operation and is_busy(app):
        found.append("a sync is under way")
    if entries is not None:
        return found + [text for entry in entries for text in _resource(entry, goal)]
    sync, health = (status.get(part) or {} for part in ("sync", "health"))
    if goal.sync and sync.get("status") != "Synced":
        found.append(f"it is {sync.get('status') or 'not compared yet'}, not Synced")
    if goal.healths and health.get("status") not in goal.healths:
        found.append(f"it is {health.get('status') or 'not judged yet'}, not {' or '.join(goal.healths)}")
    return found


def _resource(entry: dict[str, Any], goal: Goal) -> list[str]:
    name, health = f"{entry['kind']} {entry['name']}", (entry.get("health") or {}).get("status")
    found = [f"{name} is {entry.get('status')}"] if goal.sync and entry.get("status") != "Synced" else []
    return [*found, f"{name} is {health}"] if goal.healths and health and health not in goal.healths else found


def is_ours(app: dict[str, Any], token: str) -> bool:
    """Whether the last operation is the one that was asked for with a token."""
    state = (app.get("status") or {}).get("operationState") or {}
    info = (state.get("operation") or {}).get("info") or ()
    return any(entry.get("value") == token for entry in info)


def has_ended(app: dict[str, Any]) -> bool:
    """Whether the last operation is over, and not to be tried again."""
    state = (app.get("status") or {}).get("operationState") or {}
    if state.get("phase") in BUSY:
        return False
    if state.get("phase") != "Failed" or state.get("message") == "Operation terminated":
        return True
    retry = (state.get("operation") or {}).get("retry") or (app["spec"].get("syncPolicy") or {}).get("retry") or {}
    limit = int(retry.get("limit") or 0)
    return 0 <= limit <= int(state.get("retryCount") or 0)
