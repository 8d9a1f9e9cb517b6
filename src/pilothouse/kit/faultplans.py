"""The fault plans that ship: what goes wrong in real clusters, one kind of trouble each.

Controllers must reach the same end under each of them as without any. `pilothouse fault load NAME` puts one in force.
"""

from __future__ import annotations

from pilothouse.kit.faults import FaultPlan, FaultRule

_WRITES = ("api.create", "api.update", "api.patch", "api.delete")


def shipped_plans(client: str = "*", seed: int = 1) -> dict[str, FaultPlan]:
    """Return the plans by name, for requests of the users that `client` (a glob) names."""
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
