"""Sync windows: when the Applications of a project may be synced."""

from __future__ import annotations

from typing import Any

import msgspec

from pilothouse.api.validation.workloads.cron import schedule_problem
from pilothouse.delivery.gitops.engine.projects.globs import matches
from pilothouse.delivery.gitops.types.application import seconds
from pilothouse.kit.errors import Invalid
from pilothouse.kit.schedules import parse_schedule

Window = dict[str, Any]
SELECTORS = ("applications", "namespaces", "clusters")


class InvalidWindow(Invalid):
    """A sync window that cannot be read."""

    reason = "InvalidWindow"


class Target(msgspec.Struct, frozen=True):
    """What a window is asked about: an Application and where it goes."""

    application: str
    namespace: str = ""
    server: str = ""
    cluster: str = ""


def window_problem(window: Window) -> str:
    """Return what is wrong with a window; empty when nothing is."""
    if window.get("kind") not in {"allow", "deny"}:
        return f"kind '{window.get('kind', '')}' mismatch: can only be allow or deny"
    problem = schedule_problem(str(window.get("schedule") or ""))
    if problem:
        return f"cannot parse schedule '{window.get('schedule', '')}': {problem}"
    if duration_of(window) < 0:
        return f"cannot parse duration '{window.get('duration', '')}'"
    zone = schedule_problem(f"CRON_TZ={window['timeZone']} * * * * *") if window.get("timeZone") else ""
    return f"cannot parse '{window['timeZone']}' to location" if zone else ""


def windows_problem(windows: list[Window]) -> str:
    """Return what is wrong with the windows of a project: a wrong one, or one that is there twice."""
    seen: list[tuple[Any, ...]] = []
    for window in windows:
        problem = window_problem(window)
        if problem:
            return problem
        identity = tuple(str(window.get(key) or "") for key in ("kind", "schedule", "duration", *SELECTORS))
        if identity in seen:
            shown = ":".join(identity[:3])
            return f"window '{shown}' already exists, update or edit"
        seen.append(identity)
    return ""


def duration_of(window: Window) -> float:
    """Return how many seconds a window is open, below zero when that cannot be read."""
    text = str(window.get("duration") or "")
    return seconds(text, -1.0) if text and not text.isdigit() else -1.0


def is_active(window: Window, now: float) -> bool:
    """Whether a window is open at a moment; raises `InvalidWindow`."""
    problem = window_problem({**window, "kind": "allow"})
    if problem:
        raise InvalidWindow(f"invalid sync windows: {problem}", fix="write a 5-field cron line and a duration such as 1h30m")
    schedule = parse_schedule(str(window["schedule"]), str(window.get("timeZone") or ""))
    opened = schedule.next_after(now - duration_of(window))
    return opened is not None and opened <= now


def active_windows(windows: list[Window], now: float) -> list[Window]:
    """Return the windows that are open."""
    return [window for window in windows if is_active(window, now)]


def inactive_allows(windows: list[Window], now: float) -> list[Window]:
    """Return the allowing windows that are closed."""
    return [window for window in windows if window.get("kind") == "allow" and not is_active(window, now)]


def matching_windows(windows: list[Window], target: Target) -> list[Window]:
    """Return the windows that are about an Application."""
    return [window for window in windows if _is_about(window, target)]


def _is_about(window: Window, target: Target) -> bool:
    values = {"applications": [target.application], "namespaces": [target.namespace], "clusters": [target.server, target.cluster]}
    given = [(window[key], values[key]) for key in SELECTORS if window.get(key)]
    found = [any(matches(pattern, text) for pattern in patterns for text in texts if text) for patterns, texts in given]
    return (bool(found) and all(found)) if window.get("andOperator") else any(found)


def denials(windows: list[Window]) -> list[Window]:
    """Return the denying windows."""
    return [window for window in windows if window.get("kind") == "deny"]


def all_have(windows: list[Window], flag: str) -> bool:
    """Whether there are windows and all state a flag."""
    return bool(windows) and all(window.get(flag) for window in windows)


def can_sync(windows: list[Window], now: float, *, is_manual: bool, started_at: float | None = None) -> bool:
    """Whether a sync may run (or, when it began at `started_at`, go on); raises `InvalidWindow`.

    An open deny blocks, unless all open ones let manual syncs pass. Without open windows a closed allow blocks likewise. Windows
    with syncOverrun let a sync go on that was permitted when it began.
    """
    active = active_windows(windows, now)
    denying = denials(active)
    if denying:
        blocking = denying
    elif active:
        return True
    else:
        blocking = inactive_allows(windows, now)
    if not blocking or (is_manual and all_have(blocking, "manualSync")):
        return True
    if started_at is None or not all_have(blocking, "syncOverrun"):
        return False
    return can_sync(windows, started_at, is_manual=is_manual)
