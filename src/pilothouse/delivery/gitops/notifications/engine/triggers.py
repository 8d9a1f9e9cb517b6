"""Which notifications are due: conditions that hold, less those that were told already.

The annotation `notified.notifications.argoproj.io` remembers by the same keys as Argo CD, so that a system that changes over
tells nothing twice: `[<oncePer>:]<trigger>:[<number>].<hash of the condition>:<service>:<recipient>`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from pilothouse.api.meta import Tree, annotations_of
from pilothouse.delivery.gitops.notifications.engine.expressions import ExpressionError
from pilothouse.delivery.gitops.notifications.engine.expressions.values import shown
from pilothouse.delivery.gitops.notifications.engine.settings import Condition, Settings
from pilothouse.delivery.gitops.notifications.engine.subscriptions import PREFIX, Destination
from pilothouse.kit.clock import parse_rfc3339

NOTIFIED = f"notified.{PREFIX}"
MAX_KEPT = 100


class Due(msgspec.Struct, frozen=True):
    """One notification that has to go out."""

    key: str
    trigger: str
    templates: tuple[str, ...]
    destination: Destination


class Decision(msgspec.Struct, frozen=True):
    """What is due, and what need not be remembered any more."""

    due: tuple[Due, ...] = ()
    over: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def notified(app: Tree) -> dict[str, int]:
    """Return what was told, with the time."""
    try:
        found = json.loads(annotations_of(app).get(NOTIFIED) or "{}")
    except (ValueError, TypeError):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, int)} if isinstance(found, dict) else {}


def decide(
    wanted: Mapping[str, list[Destination]], settings: Settings, variables: Mapping[str, Any], known: Mapping[str, int]
) -> Decision:
    """Return what is due for the destinations of each trigger."""
    due: list[Due] = []
    over: list[str] = []
    problems: list[str] = []
    for trigger, destinations in wanted.items():
        if trigger not in settings.triggers:
            problems.append(f"trigger '{trigger}' is not configured")
        for number, condition in enumerate(settings.triggers.get(trigger, ())):
            holds, once = _evaluated(trigger, condition, variables, problems)
            for destination in destinations:
                key = _key(trigger, number, condition.when, once, destination)
                if holds and key not in known:
                    due.append(Due(key, trigger, condition.send, destination))
                elif not holds and key in known:
                    over.append(key)
    return Decision(tuple(due), tuple(over), tuple(problems))


def remembered(known: Mapping[str, int], sent: list[str], over: tuple[str, ...], now: float) -> dict[str, int]:
    """Return what the annotation says from now on; the oldest entries go."""
    found = {key: at for key, at in known.items() if key not in over} | dict.fromkeys(sent, int(now))
    newest = sorted(found, key=lambda key: found[key], reverse=True)[:MAX_KEPT]
    return {key: found[key] for key in sorted(newest)}


def is_settled(app: Tree) -> bool:
    """Whether the status was looked at after the last sync: before, its health and sync status are of the past."""
    status = app.get("status") or {}
    state = status.get("operationState") or {}
    if state.get("phase") not in {"Failed", "Error", "Succeeded"}:
        return True
    try:
        finished = parse_rfc3339(state.get("finishedAt") or "")
    except (ValueError, TypeError):
        return False
    return any(_moment(status.get(name)) >= finished for name in ("reconciledAt", "observedAt"))


def _moment(text: Any) -> float:
    try:
        return parse_rfc3339(text)
    except (ValueError, TypeError):
        return 0.0


def _evaluated(trigger: str, condition: Condition, variables: Mapping[str, Any], problems: list[str]) -> tuple[bool, str]:
    try:
        holds = condition.holds.evaluate(variables) is True
    except ExpressionError as error:
        problems.append(f"trigger '{trigger}': {error}")
        return False, ""
    if not holds or condition.once_per is None:
        return holds, ""
    try:
        return True, shown(condition.once_per.evaluate(variables))
    except ExpressionError as error:
        problems.append(f"oncePer of trigger '{trigger}': {error}")
        return True, ""


def _key(trigger: str, number: int, when: str, once: str, destination: Destination) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha1(when.encode(), usedforsecurity=False).digest()).rstrip(b"=").decode()
    key = f"{trigger}:[{number}].{digest}:{destination.service}:{destination.recipient}"
    return f"{once}:{key}" if once else key
