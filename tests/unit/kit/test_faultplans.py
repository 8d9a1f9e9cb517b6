"""The shipped fault plans can be written down, read back, and name only what exists."""

from __future__ import annotations

import msgspec
import pytest
import yaml

from pilothouse.kit.faultplans import shipped_plans
from pilothouse.kit.faults import read_plan

PLANS = shipped_plans("system:kube-controller-manager", seed=7)


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_a_file_that_the_fault_lab_reads(name: str) -> None:
    assert read_plan(yaml.safe_load(yaml.safe_dump(msgspec.to_builtins(PLANS[name])))) == PLANS[name]


def test_plans_strike_only_who_is_named() -> None:
    assert {rule.match["client"] for plan in PLANS.values() for rule in plan.rules} == {"system:kube-controller-manager"}
    assert {plan.seed for plan in PLANS.values()} == {7}
