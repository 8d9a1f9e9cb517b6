"""The fault seam: every list, watch, write and disk operation passes a named point.

A point costs one attribute test while no plan is loaded: `if faults.plan is not None: await faults.hit("store.txn", key=key)`.
With a plan, rules matched by point and attributes delay, fail, drop or crash the operation, driven by a seed, so that a
failure found once can be rehearsed as often as wanted.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import Any, Literal

import msgspec

from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.errors import Conflict, Expired, Invalid, PilothouseError, Throttled, TimedOut, Unavailable

Action = Literal["delay", "error", "throttle", "timeout", "drop", "stale", "cut", "expire", "crash"]
POINTS = (
    "api.get", "api.list", "api.watch", "api.create", "api.update", "api.patch", "api.delete", "api.deletecollection", "api.read",
    "api.write", "store.txn", "store.write", "store.sync",
)  # fmt: skip
"""Where operations pass: `api.read` and `api.write` in clients and before the store, `store.*` in the engine, else per verb."""
ATTRIBUTES = ("kind", "verb", "namespace", "name", "client", "agent", "key", "path")
CODES = (409, 410, 429, 500, 503, 504)


class FaultRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One planned failure: where it strikes, whom, how often."""

    point: str
    """Name of the point, `*` allowed: `store.sync`, `api.list`, `api.watch`, `api.write`."""
    action: Action
    match: dict[str, str] = {}
    """Attributes that must match (glob): kind, verb, namespace, name, client (the user), agent, key, path."""
    delay_s: float = 0.0
    probability: float = 1.0
    after: int = 0
    """Let this many matching operations pass first."""
    count: int | None = None
    """Strike at most this often."""
    code: int = 500
    """What `error` answers: 409, 410, 429, 500, 503 or 504."""
    events: int = 0
    """Pieces of a watch that `cut` and `expire` let pass."""


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A seeded list of rules."""

    seed: int = 0
    rules: tuple[FaultRule, ...] = ()


class BadFaultPlan(Invalid):
    """A fault plan that could never do what it says."""

    reason = "BadFaultPlan"


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

    def state(self) -> list[dict[str, Any]]:
        """Return the rules with how many operations each saw and struck."""
        rules = self.plan.rules if self.plan is not None else ()
        counts = [{"seen": self._seen.get(place, 0), "struck": self._hits.get(place, 0)} for place in range(len(rules))]
        return [{**msgspec.to_builtins(rule), **count} for rule, count in zip(rules, counts, strict=True)]

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


def read_plan(document: object) -> FaultPlan:
    """Return a plan; raises `BadFaultPlan` that says which rule is wrong and what there is."""
    try:
        plan = msgspec.convert(document, FaultPlan)
    except msgspec.ValidationError as error:
        raise BadFaultPlan(f"fault plan: {error}") from None
    for place, rule in enumerate(plan.rules):
        if not any(fnmatchcase(point, rule.point) for point in POINTS):
            raise BadFaultPlan(f"fault plan: rules[{place}].point {rule.point!r} is no point", fix=f"one of {', '.join(POINTS)}")
        unknown = sorted(set(rule.match) - set(ATTRIBUTES))
        if unknown:
            fix = f"attributes are {', '.join(ATTRIBUTES)}"
            raise BadFaultPlan(f"fault plan: rules[{place}].match has {unknown[0]!r}, which no operation has", fix=fix)
        if rule.code not in CODES:
            fix = f"one of {', '.join(map(str, CODES))}"
            raise BadFaultPlan(f"fault plan: rules[{place}].code {rule.code} cannot be injected", fix=fix)
        if not 0.0 <= rule.probability <= 1.0 or rule.delay_s < 0 or rule.after < 0 or rule.events < 0:
            raise BadFaultPlan(f"fault plan: rules[{place}] has a negative number, or a probability over 1")
    return plan


_ERRORS: dict[int, type[PilothouseError]] = {409: Conflict, 410: Expired, 429: Throttled, 503: Unavailable, 504: TimedOut}


def _strike(rule: FaultRule, point: str) -> FaultRule | None:
    text = f"fault plan: {rule.action} at {point}"
    match rule.action:
        case "error":
            raise _ERRORS.get(rule.code, InjectedFault)(text)
        case "throttle":
            raise Throttled(text, retry_after_s=1.0)
        case "timeout":
            raise TimedOut(text)
        case "drop":
            raise Dropped(text)
        case "crash":
            os._exit(137)
        case "stale" | "cut" | "expire":
            return rule
    return None


_WRITES = ("api.create", "api.update", "api.patch", "api.delete")


def shipped_plans(client: str = "*", seed: int = 1) -> dict[str, FaultPlan]:
    """Return the plans that ship, by name: one kind of trouble of real clusters each.

    They strike requests of the users that `client` (a glob) names. `pilothouse fault load NAME` puts one in force.
    """
    whom = {"client": client}

    def writes(action: str, probability: float, **more: int) -> tuple[FaultRule, ...]:
        return tuple(
            FaultRule(point=point, action=action, match=whom, probability=probability, **more)  # type: ignore[arg-type]
            for point in _WRITES
        )

    def rule(point: str, action: str, **more: float) -> FaultRule:
        return FaultRule(point=point, action=action, match=whom, **more)  # type: ignore[arg-type]

    plans = {
        "conflicts": writes("error", 0.3, code=409),
        "server-errors": writes("error", 0.3, code=500),
        "throttling": writes("throttle", 0.1),
        "timeouts": writes("timeout", 0.3),
        "lost-answers": writes("drop", 0.3),
        "slow-writes": tuple(FaultRule(point=point, action="delay", match=whom, delay_s=0.05) for point in _WRITES),
        "watches-cut": (rule("api.watch", "cut", events=2, probability=0.7),),
        "watches-expired": (rule("api.watch", "expire", events=2, probability=0.7),),
        "watches-refused": (rule("api.watch", "error", code=503, probability=0.5),),
        "stale-lists": (rule("api.list", "stale", probability=0.5), rule("api.watch", "cut", events=3, probability=0.5)),
        "everything": (
            *writes("error", 0.1, code=500), *writes("drop", 0.1), rule("api.watch", "expire", events=4, probability=0.5),
            rule("api.list", "delay", delay_s=0.05), rule("api.get", "error", code=503, probability=0.1),
        ),
    }  # fmt: skip
    return {name: FaultPlan(seed, rules) for name, rules in plans.items()}
