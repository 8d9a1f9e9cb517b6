"""Planned failures strike where, whom and how often they say, the same way for the same seed."""

import asyncio

import msgspec
import pytest
import yaml

from pilothouse.kit.errors import Throttled, TimedOut, Unavailable
from pilothouse.kit.faults import Dropped, FaultPlan, FaultRule, Faults, InjectedFault, read_plan, shipped_plans


def strikes(faults: Faults, count: int, **attributes: str) -> list[bool]:
    async def run() -> list[bool]:
        found = []
        for _ in range(count):
            try:
                found.append(await faults.hit("api.write", **attributes) is not None)
            except InjectedFault:
                found.append(True)
        return found

    return asyncio.run(run())


def test_off_is_free() -> None:
    assert Faults().plan is None
    assert strikes(Faults(), 3) == [False] * 3


def test_point_attributes_after_and_count() -> None:
    faults = Faults()
    faults.load(FaultPlan(rules=(FaultRule(point="api.*", action="error", match={"kind": "Pod"}, after=1, count=2),)))
    assert strikes(faults, 5, kind="Pod") == [False, True, True, False, False]
    assert strikes(faults, 2, kind="Secret") == [False, False]


def test_a_seed_repeats_its_choices() -> None:
    plan = FaultPlan(seed=7, rules=(FaultRule(point="*", action="error", probability=0.5),))
    faults = Faults()
    faults.load(plan)
    first = strikes(faults, 30)
    faults.load(plan)
    assert strikes(faults, 30) == first
    assert any(first)
    assert not all(first)


@pytest.mark.parametrize(
    ("action", "code", "error"),
    [("error", 500, InjectedFault), ("error", 503, Unavailable), ("throttle", 429, Throttled), ("timeout", 504, TimedOut),
     ("drop", 500, Dropped)],
)  # fmt: skip
def test_actions(action: str, code: int, error: type[Exception]) -> None:
    faults = Faults()
    faults.load(FaultPlan(rules=(FaultRule(point="store.sync", action=action, code=code),)))  # type: ignore[arg-type]
    with pytest.raises(error):
        faults.hit_now("store.sync")


def test_stale_is_for_the_caller_to_act_on() -> None:
    faults = Faults()
    faults.load(FaultPlan(rules=(FaultRule(point="api.list", action="stale"),)))
    rule = faults.hit_now("api.list")
    assert rule is not None
    assert rule.action == "stale"


PLANS = shipped_plans("system:kube-controller-manager", seed=7)


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_a_file_that_the_fault_lab_reads(name: str) -> None:
    assert read_plan(yaml.safe_load(yaml.safe_dump(msgspec.to_builtins(PLANS[name])))) == PLANS[name]


def test_plans_strike_only_who_is_named() -> None:
    assert {rule.match["client"] for plan in PLANS.values() for rule in plan.rules} == {"system:kube-controller-manager"}
    assert {plan.seed for plan in PLANS.values()} == {7}
