"""The fault seam: every list, watch, write and disk operation passes a named point.

A point costs one attribute test while no plan is loaded: `if faults.plan is not None: await faults.hit("store.txn", key=key)`.
With a plan, rules matched by point and attributes delay, fail, drop or crash the operation, driven by a seed, so that a
failure found once can be rehearsed as often as wanted.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.errors import PilothouseError, Throttled, TimedOut, Unavailable

Action = Literal["delay", "error", "throttle", "timeout", "drop", "stale", "cut", "crash"]


class FaultRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One planned failure: where it strikes, whom, how often."""

    point: str
    """Name of the point, `*` allowed: `store.sync`, `api.list`, `api.watch`, `api.write`."""
    action: Action
    match: dict[str, str] = {}
    """Attributes that must match (glob): kind, verb, namespace, client, key."""
    delay_s: float = 0.0
    probability: float = 1.0
    after: int = 0
    """Let this many matching operations pass first."""
    count: int | None = None
    """Strike at most this often."""
    code: int = 500


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A seeded list of rules."""

    seed: int = 0
    rules: tuple[FaultRule, ...] = ()


class InjectedFault(PilothouseError):
    """A failure that a fault plan asked for."""

    reason = "InjectedFault"


class Dropped(InjectedFault):
    """The operation is to be swallowed: done, but never answered."""


class Faults:
    """The switchboard of the seam; one per process, passed to whoever has points."""

    __slots__ = ("_clock", "_entropy", "_hits", "_seen", "plan")

    def __init__(self, clock: Clock | None = None) -> None:
        """Start without a plan: every point is free."""
        self.plan: FaultPlan | None = None
        self._clock: Clock = clock or SystemClock()
        self._entropy = Entropy(0)
        self._seen: dict[int, int] = {}
        self._hits: dict[int, int] = {}

    def load(self, plan: FaultPlan | None) -> None:
        """Install a plan and restart its counters and randomness; None clears it."""
        self.plan = plan if plan is not None and plan.rules else None
        self._entropy = Entropy(plan.seed if plan else 0)
        self._seen, self._hits = {}, {}

    def select(self, point: str, attributes: dict[str, str]) -> FaultRule | None:
        """Return the first rule that strikes now, counting the operation."""
        if self.plan is None:
            return None
        for place, rule in enumerate(self.plan.rules):
            if not fnmatchcase(point, rule.point):
                continue
            if not all(fnmatchcase(attributes.get(key, ""), pattern) for key, pattern in rule.match.items()):
                continue
            seen = self._seen[place] = self._seen.get(place, 0) + 1
            hits = self._hits.get(place, 0)
            if seen <= rule.after or (rule.count is not None and hits >= rule.count):
                continue
            if rule.probability < 1.0 and self._entropy.uniform(0, 1) >= rule.probability:
                continue
            self._hits[place] = hits + 1
            return rule
        return None

    async def hit(self, point: str, **attributes: str) -> FaultRule | None:
        """Pass an asynchronous point: may delay or raise; returns a `stale` or `cut` rule for the caller to act on."""
        rule = self.select(point, attributes)
        if rule is None:
            return None
        if rule.delay_s > 0:
            await self._clock.sleep(rule.delay_s)
        return _strike(rule, point)

    def hit_now(self, point: str, **attributes: str) -> FaultRule | None:
        """Pass a synchronous point (disk operations in a worker thread): may raise."""
        rule = self.select(point, attributes)
        return None if rule is None else _strike(rule, point)


def _strike(rule: FaultRule, point: str) -> FaultRule | None:
    text = f"fault plan: {rule.action} at {point}"
    match rule.action:
        case "error":
            raise Unavailable(text) if rule.code == 503 else InjectedFault(text)
        case "throttle":
            raise Throttled(text, retry_after_s=1.0)
        case "timeout":
            raise TimedOut(text)
        case "drop":
            raise Dropped(text)
        case "crash":
            os._exit(137)
        case "stale" | "cut":
            return rule
    return None
