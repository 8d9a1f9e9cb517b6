"""What GitOps Promoter reports of commits and environments, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, items, path, shown
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, RULES, Health

_ACTIVE, _PROPOSED = path("active.dry.sha"), path("proposed.dry.sha")
_NOTED = path("proposed.note.drySha")


def without_condition(kinds: tuple[str, ...], message: str) -> Rule:
    """Wait for a condition of one of these types."""

    def judge(tree: Tree) -> Health | None:
        there = any(item.get("type") in kinds for item in items(tree["status"].get("conditions")))
        return None if there else Health(PROGRESSING, message, RULES)

    return judge


def tracked_applications(tree: Tree) -> Health:
    """Count the Applications a commit status follows."""
    selected = tree["status"].get("applicationsSelected")
    if not isinstance(selected, list) or not selected:
        return Health(DEGRADED, "Argo CD commit status has no applications configured", RULES)
    return Health(HEALTHY, f"Argo CD commit status is healthy and is tracking {len(selected)} applications", RULES)


def gate(name: str, check: str, passed: str) -> Rule:
    """Judge a gate by the phase of each environment."""

    def judge(tree: Tree) -> Health:
        environments = list(items(tree["status"].get("environments")))
        if not environments:
            return Health(HEALTHY, f"{name} reconciled", RULES)
        by_phase: dict[str, list[str]] = {"failure": [], "pending": [], "success": []}
        for each in environments:
            branch = each.get("branch")
            by_phase.get(shown(each.get("phase")), by_phase["pending"]).append("?" if branch is None else shown(branch))
        if by_phase["failure"]:
            return Health(DEGRADED, f"{check} failed for branch(es): {', '.join(by_phase['failure'])}", RULES)
        if by_phase["pending"]:
            return Health(PROGRESSING, f"{check} pending for branch(es): {', '.join(by_phase['pending'])}", RULES)
        return Health(HEALTHY, f"{check} {passed} for {len(by_phase['success'])} environment(s)", RULES)

    return judge


def change_transfer(tree: Tree) -> Health:
    """Judge one environment: has the proposed commit arrived, and what do the checks of the active one say."""
    status = tree["status"]
    active, proposed = _ACTIVE(status), _PROPOSED(status)
    if not active:
        return Health(PROGRESSING, "The active commit DRY SHA is missing or empty.", RULES)
    if not proposed:
        return Health(PROGRESSING, "The proposed commit DRY SHA is missing or empty.", RULES)
    if active != proposed:
        text = f"Promotion in progress from '{_short(active)}' to '{_short(proposed)}': "
        return Health(PROGRESSING, text + _summary(status["proposed"]), RULES)
    checks = _by_phase(status["active"])
    if checks["pending"] or checks["failure"]:
        text = "Environment is up-to-date, but there are non-successful active commit statuses: "
        return Health(HEALTHY, text + _summary(status["active"]), RULES)
    return Health(HEALTHY, f"Environment is up-to-date on commit {_short(active)}.", RULES)


def promotion_strategy(tree: Tree) -> Health:
    """Judge all environments: the first one that waits for its proposed commit tells how far the promotion is."""
    environments = list(items(tree["status"].get("environments")))
    if not environments:
        return Health(DEGRADED, "Promotion strategy has no environments configured", RULES)
    message = _unhydrated(environments)
    if message:
        return Health(PROGRESSING, message, RULES)
    for each in environments:
        active, proposed = _ACTIVE(each), _PROPOSED(each)
        if active != proposed:
            text = f"Promotion in progress for environment '{each['branch']}' from '{_short(active)}' to '{_short(proposed)}': "
            return Health(PROGRESSING, text + _summary(each["proposed"]), RULES)
    return Health(HEALTHY, _arrived(environments), RULES)


def _unhydrated(environments: list[Mapping[str, Any]]) -> str:
    for each in environments:
        for name, sha in (("active", _ACTIVE(each)), ("proposed", _PROPOSED(each))):
            if not sha:
                return f"The {name} commit DRY SHA is missing or empty in environment '{shown(each.get('branch'))}'."
    if len({shown(_hydrated(each)) for each in environments}) > 1:
        return (
            "Not all environments have the same proposed commit SHA. This likely means the hydrator has not run for all "
            "environments yet."
        )
    return ""


def _arrived(environments: list[Mapping[str, Any]]) -> str:
    troubled = []
    for each in environments:
        checks = _by_phase(each["active"])
        if checks["pending"] or checks["failure"]:
            troubled.append(f"{each['branch']} ({len(checks['failure'])} failed, {len(checks['pending'])} pending)")
    if troubled:
        text = "Environments are up-to-date, but some environments have non-successful commit statuses: "
        return f"{text}{', '.join(troubled)}."
    first = environments[0]
    return (
        f"All environments are up-to-date on commit '{_short(_PROPOSED(first))}'. "
        f"Hydrator has processed dry commit '{_short(_hydrated(first))}'."
    )


def _hydrated(environment: Mapping[str, Any]) -> Any:
    """Return the commit the hydrator has seen: a note tells of one that changed nothing."""
    return _NOTED(environment) or _PROPOSED(environment)


def _by_phase(commit: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"pending": [], "success": [], "failure": []}
    for each in items(commit.get("commitStatuses")):
        if each.get("phase") in found:
            found[each["phase"]].append(shown(each.get("key")))
    return found


def _summary(commit: Mapping[str, Any]) -> str:
    checks = _by_phase(commit)
    counts = f"{len(checks['pending'])} pending, {len(checks['success'])} successful, {len(checks['failure'])} failed. "
    if checks["pending"]:
        counts += f"Pending commit statuses: {', '.join(checks['pending'])}. "
    if checks["failure"]:
        counts += f"Failed commit statuses: {', '.join(checks['failure'])}. "
    return counts


def _short(sha: Any) -> str:
    return shown(sha)[:7]
