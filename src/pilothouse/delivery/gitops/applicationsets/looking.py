"""Looks at an ApplicationSet and says what is to be done about it; nothing is written. The controller and previews ask."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, name_of
from pilothouse.delivery.gitops.adapters.jq import JqWorker
from pilothouse.delivery.gitops.applicationsets.checking import MALFORMED, Checks, odd, told
from pilothouse.delivery.gitops.applicationsets.driving import Driver
from pilothouse.delivery.gitops.applicationsets.family import Family
from pilothouse.delivery.gitops.applicationsets.schedule import max_age_s
from pilothouse.delivery.gitops.applicationsets.status import HELD, UPDATE_FAILED, VALIDATION_FAILED, Problem
from pilothouse.delivery.gitops.engine.applicationsets.generating import PARAMETERS_FAILED, Generated, unknown_generators
from pilothouse.delivery.gitops.engine.applicationsets.planning import Plan, plan_applications
from pilothouse.delivery.gitops.engine.applicationsets.progressive import Rollout, lacks_steps, roll, steps_of, without_automation
from pilothouse.delivery.gitops.engine.diff.ignore import read_rules
from pilothouse.kit.clock import Clock
from pilothouse.kit.errors import PilothouseError


class Work(msgspec.Struct):
    """What one look at an ApplicationSet came to."""

    wanted: dict[str, Tree]
    """The valid Applications by name."""
    plan: Plan
    rollout: Rollout | None = None
    problem: Problem | None = None


class Looks:
    """Generates, checks and plans."""

    def __init__(self, driver: Driver, checks: Checks, family: Family, clock: Clock) -> None:
        """Generate by `driver`, check by `checks`, and compare with the Applications of `family`."""
        self._driver, self._checks, self._family = driver, checks, family
        self._clock = clock
        self._jq = JqWorker()

    def close(self) -> None:
        """End what was started on demand."""
        self._jq.close()

    async def plan(self, tree: Tree, live: dict[str, Tree]) -> Work:
        """Return what is to be done: nothing, and why, when that cannot be told."""
        try:
            return await self._plan(tree, live)
        except PilothouseError as error:
            return Work({}, Plan(), None, Problem(UPDATE_FAILED, error.message))
        except MALFORMED as error:
            return Work({}, Plan(), None, Problem(UPDATE_FAILED, odd(error).message))

    async def _plan(self, tree: Tree, live: dict[str, Tree]) -> Work:
        generated = await self._driver.generate(tree, lambda ask: max_age_s(tree, ask))
        problem = _generating_problem(tree, generated)
        is_complete = problem is None
        wanted, problems = self._checked(generated.applications)
        foreign = self._family.foreign(tree, wanted)
        problems |= {name: f"Application is controlled by {owner} already" for name, owner in foreign.items()}
        valid = {name: app for name, app in wanted.items() if name not in problems}
        if problems and problem is None:
            problem = Problem(VALIDATION_FAILED, told(problems))
        steps = steps_of(tree)
        applied = [without_automation(app) for app in valid.values()] if steps else list(valid.values())
        present = self._family.adopted(tree, valid) | {name: app for name, app in live.items() if name not in problems}
        rules = read_rules([{"group": "*", "kind": "*", **rule} for rule in _ignored(tree)])
        plan: Plan = await self._driver.run(
            lambda: plan_applications(tree, applied, present, rules, self._jq.run, is_complete=is_complete)
        )
        if plan.held and problem is None:
            problem = Problem(HELD, plan.held)
        if not steps:
            return Work(valid, plan, None, problem)
        changing = {name_of(one) for one, becomes in plan.change if one.get("spec") != becomes.get("spec")}
        return Work(valid, plan, roll(tree, valid, live, changing, self._clock.now()), problem)

    def _checked(self, applications: list[Tree]) -> tuple[dict[str, Tree], dict[str, str]]:
        """Return Applications by name, and what is wrong with some; of two with the same name the first counts."""
        wanted: dict[str, Tree] = {}
        doubles: dict[str, str] = {}
        for app in applications:
            if wanted.setdefault(name_of(app), app) is not app:
                doubles[f"{name_of(app)} "] = f"contains applications with duplicate name: {name_of(app)}"
        return wanted, {**self._checks.problems(list(wanted.values())), **doubles}


def _generating_problem(tree: Tree, generated: Generated) -> Problem | None:
    has_unknown, names = unknown_generators(tree)
    if has_unknown:
        shown = f": {', '.join(names)}" if names else ""
        return Problem(PARAMETERS_FAILED, f"found unrecognized generators{shown}", is_generating=True)
    if generated.error is not None:
        return Problem(generated.reason, generated.error.message, is_generating=True)
    if lacks_steps(tree):
        return Problem("ApplicationSetRolloutError", "the RollingSync strategy has no steps")
    return None


def _ignored(tree: Tree) -> list[Tree]:
    return [dict(rule) for rule in (tree.get("spec") or {}).get("ignoreApplicationDifferences") or ()]
