"""Hysteresis: one answer does not make a verdict, and what was settled stands until there are enough answers against it.

An object that was never healthy is in progress until its deadline and degraded afterwards; one that was healthy is degraded at
once. Without answers what was told stands for a while, and then nothing is told, so that others judge.
"""

from __future__ import annotations

import msgspec

from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROBE, PROGRESSING, Health
from pilothouse.delivery.gitops.engine.probes.answers import Answer
from pilothouse.delivery.gitops.engine.probes.specs import Plan

WAITING = Health(PROGRESSING, "waiting for the first answer of the health probe", PROBE)


class Standing(msgspec.Struct, frozen=True):
    """What is known of an object."""

    since: float
    """When it was first asked about."""
    told: Health | None = WAITING
    """The verdict, None when the probes give none."""
    warning: str = ""
    """Why they give none, or what went wrong on the way."""
    leaning: bool | None = None
    streak: int = 0
    """How many answers in a row were alike."""
    was_healthy: bool = False

    @property
    def is_pending(self) -> bool:
        """Whether the object is still to become healthy."""
        return not self.was_healthy and (self.told is None or self.told.status == PROGRESSING)


def advance(before: Standing, answer: Answer, plan: Plan, now: float) -> Standing:
    """Return what is known after one more answer."""
    streak = before.streak + 1 if before.streak and before.leaning is answer.is_healthy else 1
    was_healthy, warning = before.was_healthy, answer.warning
    if answer.is_healthy is True:
        told, was_healthy = _healthy(before, answer, plan, streak)
        warning = warning if told is not None else before.warning
    elif answer.is_healthy is False:
        told = _unhealthy(before, answer, plan, streak, now)
    else:
        is_kept = before.told is not None and before.told is not WAITING and streak < plan.unhealthy_after
        told, warning = before.told if is_kept else None, answer.message
    return Standing(before.since, told, warning, answer.is_healthy, streak, was_healthy)


def _healthy(before: Standing, answer: Answer, plan: Plan, streak: int) -> tuple[Health | None, bool]:
    if streak >= plan.healthy_after or (before.told is not None and before.told.status == HEALTHY):
        return Health(HEALTHY, answer.message, PROBE), True
    if before.told is None:  # others judge until this is settled
        return None, before.was_healthy
    return Health(before.told.status, f"healthy {streak} of {plan.healthy_after} times in a row", PROBE), before.was_healthy


def _unhealthy(before: Standing, answer: Answer, plan: Plan, streak: int, now: float) -> Health | None:
    if before.told is not None and before.told.status == HEALTHY and streak < plan.unhealthy_after:
        return before.told
    is_over = before.was_healthy or now - before.since >= plan.deadline_s
    return Health(answer.status or (DEGRADED if is_over else PROGRESSING), answer.message, PROBE)
