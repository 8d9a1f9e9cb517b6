"""Progressive syncs (`strategy: RollingSync`): which Applications of an ApplicationSet may be synced now, step after step.

Each Application is Waiting, Pending (asked to sync), Progressing or Healthy, as `status.applicationStatus` shows it; a step is
passed when all of its Applications are Healthy. Applications that no step selects are in step -1 and are left alone.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Container, Mapping, Sequence
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, labels_of, name_of
from pilothouse.kit.clock import parse_rfc3339, rfc3339

WAITING, PENDING, PROGRESSING, HEALTHY = "Waiting", "Pending", "Progressing", "Healthy"
USERNAME, RETRY_LIMIT = "applicationset-controller", 5
_REASON = "ApplicationSet RollingSync triggered a sync of this Application resource"
_NEW = "No Application status found, defaulting status to Waiting"
_CHANGED = {
    (True, True): "Application has pending changes (revision and spec differ), setting status to Waiting",
    (True, False): "Application has pending changes, setting status to Waiting",
    (False, True): "Application has pending changes (spec differs), setting status to Waiting",
}
_PROMOTED = "Application moved to Pending status, watching for the Application resource to start Progressing"
_ERRORS = ("InvalidSpecError", "UnknownError")
_SINCE = "Since"


class Rollout(msgspec.Struct, frozen=True):
    """Where a rolling sync stands."""

    statuses: list[Tree]
    """`status.applicationStatus`, by name."""
    asked: frozenset[str] = frozenset()
    """The Applications that have to be synced."""
    behind: frozenset[str] = frozenset()
    """Applications that have not seen yet what another one of the same source has: they should look again."""
    step: int = 0
    """The step that is being carried out, 0 when all are done."""


def steps_of(tree: Tree) -> list[Tree]:
    """Return the steps of a rolling sync, none for every other strategy."""
    strategy = (tree.get("spec") or {}).get("strategy") or {}
    rolling = strategy.get("rollingSync") if strategy.get("type") == "RollingSync" else None
    return [step for step in (rolling or {}).get("steps") or [] if isinstance(step, dict)]


def lacks_steps(tree: Tree) -> bool:
    """Whether a rolling sync is asked for without saying in which steps."""
    strategy = (tree.get("spec") or {}).get("strategy") or {}
    return strategy.get("type") == "RollingSync" and not steps_of(tree)


def is_reversed(tree: Tree) -> bool:
    """Whether Applications are deleted in the opposite order of the steps."""
    order = str(((tree.get("spec") or {}).get("strategy") or {}).get("deletionOrder") or "")
    return bool(steps_of(tree)) and order.lower() == "reverse"


def step_of(steps: Sequence[Tree], labels: Mapping[str, str]) -> int:
    """Return the number of the first step that selects labels, from 1; -1 when none does."""
    return next((number for number, step in enumerate(steps, 1) if _selects(step, labels)), -1)


def _selects(step: Tree, labels: Mapping[str, str]) -> bool:
    return all(_holds(expression, labels) for expression in step.get("matchExpressions") or ())


def _holds(expression: Tree, labels: Mapping[str, str]) -> bool:
    operator, value = expression.get("operator"), labels.get(str(expression.get("key")))
    if value is None:
        return operator != "In"
    is_listed = value in (expression.get("values") or ())
    return is_listed if operator == "In" else operator == "NotIn" and not is_listed


def without_automation(wanted: Tree) -> Tree:
    """Return an Application that does not sync by itself: the rolling sync does it."""
    policy = (wanted.get("spec") or {}).get("syncPolicy") or {}
    if policy.get("automated") is None:
        return wanted
    changed = copy.deepcopy(wanted)
    changed["spec"]["syncPolicy"]["automated"]["enabled"] = False
    return changed


def roll(tree: Tree, wanted: Mapping[str, Tree], live: Mapping[str, Tree], changing: Container[str], now: float) -> Rollout:
    """Return where the rolling sync of an ApplicationSet stands; `wanted` and `live` are its Applications by name.

    `changing` are those whose spec is about to become another one.
    """
    steps = steps_of(tree)
    numbers = {name: step_of(steps, labels_of(wanted.get(name, app))) for name, app in live.items()}
    old = {entry.get("application"): entry for entry in (tree.get("status") or {}).get("applicationStatus") or ()}
    moved = {name: _moved(old.get(name), live[name], numbers[name], now, name in changing) for name in sorted(live)}
    places = {name: step_of(steps, labels_of(app)) for name, app in wanted.items()}
    behind = _behind(live, moved, numbers)
    allowed = _allowed(moved, places, len(steps), behind)
    ready = {name for name in allowed if name not in changing and name in live and not _is_stale(live[name])}
    statuses = _promoted(list(moved.values()), ready, steps, now)
    pending = {entry["application"]: entry for entry in statuses if entry["status"] == PENDING}
    asked = frozenset(name for name, entry in pending.items() if name in allowed and not _has_begun(live[name], entry))
    undone = [int(entry["step"]) for entry in statuses if int(entry["step"]) > 0 and entry["status"] != HEALTHY]
    return Rollout(statuses, asked, frozenset(behind), min(undone, default=0))


def revisions_of(app: Tree) -> list[str]:
    """Return the revisions an Application was compared with last."""
    sync = (app.get("status") or {}).get("sync") or {}
    return list(sync.get("revisions") or ([sync["revision"]] if sync.get("revision") else []))


def _is_stale(app: Tree) -> bool:
    """Whether the status of an Application is about another spec than it has now."""
    compared = ((app.get("status") or {}).get("sync") or {}).get("comparedTo")
    spec = app.get("spec") or {}
    if compared is None:
        return False
    return any(compared.get(key) != spec.get(key) for key in ("source", "sources", "destination") if compared.get(key))


def _moved(old: Tree | None, app: Tree, step: int, now: float, is_changed: bool) -> Tree:
    """Return the status of an Application after a look at it."""
    revisions, status = revisions_of(app), app.get("status") or {}
    if old is None:
        entry = _entry(name_of(app), WAITING, _NEW, step, revisions, now)
    else:
        entry = {**old, "step": str(step)}
        seen = list(old.get("targetRevisions") or ())
        is_other = bool(seen) and seen != revisions
        if is_other or is_changed:
            entry = _entry(name_of(app), WAITING, _CHANGED[is_other, is_changed], step, revisions, now)
        elif not seen:
            entry["targetRevisions"] = revisions
    is_known = not is_changed and not _is_stale(app)
    is_synced = is_known and (status.get("sync") or {}).get("status") == "Synced"
    is_healthy = is_synced and (status.get("health") or {}).get("status") == "Healthy"
    if entry["status"] == WAITING and is_synced:
        becomes = HEALTHY if is_healthy else PROGRESSING
        return _told(entry, becomes, f"Application resource has synced, updating status to {becomes}", now)
    if entry["status"] == PENDING:
        entry = _after_asking(entry, app, now)
    if entry["status"] == PROGRESSING and is_healthy:
        text = "Application resource became Healthy, updating status from Progressing to Healthy"
        return _told(entry, HEALTHY, text, now)
    return entry


def _entry(name: str, status: str, message: str, step: int, revisions: list[str], now: float) -> Tree:
    return {
        "application": name, "lastTransitionTime": rfc3339(now), "message": message, "status": status, "step": str(step),
        "targetRevisions": revisions,
    }  # fmt: skip


def _told(entry: Tree, status: str, message: str, now: float) -> Tree:
    return {**entry, "status": status, "message": message, "lastTransitionTime": rfc3339(now)}


def _after_asking(entry: Tree, app: Tree, now: float) -> Tree:
    """Return the status of an Application that was asked to sync."""
    status = app.get("status") or {}
    if _has_begun(app, entry):
        phase = (status.get("operationState") or {}).get("phase")
        how = {"Succeeded": "completed a sync successfully", "Failed": "completed a sync", "Error": "completed a sync"}
        what = how.get(str(phase), "became Progressing")
        return _told(entry, PROGRESSING, f"Application resource {what}, updating status from Pending to Progressing", now)
    since, conditions = _time(entry.get("lastTransitionTime")), status.get("conditions") or ()
    if any(one.get("type") in _ERRORS and _time(one.get("lastTransitionTime")) >= since for one in conditions):
        text = "Application resource has error and cannot sync, updating status to Progressing"
        return _told(entry, PROGRESSING, text, now)
    return entry


def _has_begun(app: Tree, entry: Tree) -> bool:
    """Whether a sync began after an Application was asked to, or for this very asking: times are whole seconds."""
    state = (app.get("status") or {}).get("operationState") or {}
    if not state.get("startedAt"):
        return False
    marks = [info.get("value") for info in (state.get("operation") or {}).get("info") or () if info.get("name") == _SINCE]
    if mark(app, entry) in marks:
        return True
    if mark(app, {**entry, "targetRevisions": []}) in marks:  # asked before the revisions were known
        reached = state.get("syncResult") or {}
        synced = reached.get("revisions") or ([reached["revision"]] if reached.get("revision") else [])
        return not synced or synced == list(entry.get("targetRevisions") or ())
    return _time(state["startedAt"]) > _time(entry.get("lastTransitionTime"))


def mark(app: Tree, entry: Tree) -> str:
    """Return what tells one asking from others: when it was, for which revisions, and for which spec."""
    revisions = ",".join(entry.get("targetRevisions") or ())
    digest = zlib.crc32(json.dumps(app.get("spec") or {}, sort_keys=True).encode())
    return f"{entry['lastTransitionTime']} {digest:08x} {revisions}".rstrip()


def _time(text: Any) -> float:
    return parse_rfc3339(text) if isinstance(text, str) and text else 0.0


def _behind(live: Mapping[str, Tree], statuses: Mapping[str, Tree], numbers: Mapping[str, int]) -> set[str]:
    """Return the Applications that were compared with another revision of a source than one that waits for its sync."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    waits: set[str] = set()
    keys = {name: _sources(app) for name, app in live.items() if numbers.get(name, -1) > 0}
    for name, key in keys.items():
        revisions = tuple(revisions_of(live[name]))
        if revisions:
            seen.setdefault(key, set()).add(revisions)
        if statuses[name]["status"] == WAITING:
            waits.add(key)
    return {name for name, key in keys.items() if key in waits and len(seen.get(key, ())) > 1}


def _sources(app: Tree) -> str:
    spec = app.get("spec") or {}
    given = spec.get("sources") or [spec.get("source") or {}]
    return repr([(one.get("repoURL"), one.get("targetRevision"), one.get("chart")) for one in given])


def _allowed(statuses: Mapping[str, Tree], places: Mapping[str, int], count: int, behind: set[str]) -> set[str]:
    """Return the Applications of all steps up to the first one that is not done."""
    allowed: set[str] = set()
    for number in range(1, count + 1):
        members = [name for name, place in places.items() if place == number]
        allowed.update(members)
        if any((statuses.get(name) or {}).get("status") != HEALTHY or name in behind for name in members):
            break
    return allowed


def _promoted(statuses: list[Tree], allowed: set[str], steps: Sequence[Tree], now: float) -> list[Tree]:
    """Return the statuses with as many of the waiting Applications asked to sync as their steps permit."""
    running, total = [0] * (len(steps) + 1), [0] * (len(steps) + 1)
    for entry in statuses:
        number = max(int(entry["step"]), 0)
        total[number] += 1
        running[number] += entry["status"] in (PENDING, PROGRESSING)
    found: list[Tree] = []
    for entry in statuses:
        number = int(entry["step"])
        if entry["status"] == WAITING and entry["application"] in allowed and number > 0:
            limit = most(steps[number - 1].get("maxUpdate"), total[number])
            if running[number] < limit:
                entry = _told(entry, PENDING, _PROMOTED, now)
                running[number] += 1
        found.append(entry)
    return found


def most(given: Any, total: int) -> int:
    """Return how many Applications of a step may be updated at once; a percentage above zero is at least one."""
    if given is None:
        return total
    text = str(given)
    if text.endswith("%") and text[:-1].isdecimal():
        percent = int(text[:-1])
        return max(1, total * percent // 100) if percent else 0
    return int(text) if text.isdecimal() else total


def operation(wanted: Tree, app: Tree, entry: Tree) -> Tree:
    """Return the operation that syncs an Application; `wanted` is as its template has it, automation included."""
    policy = (wanted.get("spec") or {}).get("syncPolicy") or {}
    sync: Tree = {"prune": bool((policy.get("automated") or {}).get("prune"))}
    if policy.get("syncOptions") is not None:
        sync["syncOptions"] = policy["syncOptions"]
    info = [{"name": "Reason", "value": _REASON}, {"name": _SINCE, "value": mark(app, entry)}]
    return {
        "initiatedBy": {"username": USERNAME, "automated": True}, "info": info, "sync": sync,
        "retry": policy.get("retry") or {"limit": RETRY_LIMIT},
    }  # fmt: skip


def next_deletions(tree: Tree, live: Mapping[str, Tree]) -> list[Tree]:
    """Return the Applications that are deleted next, those of the last step first; the ones in no step come last."""
    steps = steps_of(tree)
    numbers = {name: step_of(steps, labels_of(app)) for name, app in live.items()}
    last = max(numbers.values(), default=0)
    return [live[name] for name in sorted(live) if numbers[name] == last]
