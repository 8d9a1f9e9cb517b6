"""The status of a PodDisruptionBudget."""

from __future__ import annotations

from pilothouse.api.meta import Tree, controller_of, generation_of, is_deleting, labels_of, name_of, with_condition
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.workloads.pods import int_or_percent, is_finished, is_ready
from pilothouse.kit.clock import parse_rfc3339, rfc3339

DISRUPTION_EXPIRY_S = 120.0


def budget_status(budget: Tree, pods: list[Tree], expected_by_owner: dict[str, int], now: float) -> Tree:
    """Return the whole status; `expected_by_owner` is the wished number of Pods by controller uid."""
    spec, old = budget["spec"], budget.get("status") or {}
    selector = label_selector_from_object(spec.get("selector"))
    selected = [pod for pod in pods if selector.matches(labels_of(pod)) and not is_finished(pod)]
    names = {name_of(pod) for pod in selected if not is_deleting(pod)}
    disrupted = {
        name: moment
        for name, moment in (old.get("disruptedPods") or {}).items()
        if name in names and parse_rfc3339(moment) + DISRUPTION_EXPIRY_S > now
    }
    expected, wanted = _expected(spec, selected, expected_by_owner)
    healthy = sum(is_ready(pod) and not is_deleting(pod) and name_of(pod) not in disrupted for pod in selected)
    allowed = max(0, healthy - wanted) if expected > 0 else 0
    condition = {
        "type": "DisruptionAllowed", "observedGeneration": generation_of(budget), "message": "",
        "status": "True" if allowed else "False", "reason": "SufficientPods" if allowed else "InsufficientPods",
    }  # fmt: skip
    status = {
        "observedGeneration": generation_of(budget),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": wanted,
        "expectedPods": expected,
        "conditions": with_condition(old.get("conditions"), condition, rfc3339(now)),
    }
    return {**status, "disruptedPods": disrupted} if disrupted else status


def _expected(spec: Tree, selected: list[Tree], expected_by_owner: dict[str, int]) -> tuple[int, int]:
    """Return how many Pods there should be, and how many of them must stay healthy."""
    minimum, maximum = spec.get("minAvailable"), spec.get("maxUnavailable")
    if isinstance(minimum, int):
        return len(selected), minimum
    owners = {str((controller_of(pod) or {}).get("uid", "")) for pod in selected}
    expected = sum(expected_by_owner.get(owner, 0) for owner in owners) or len(selected)
    if maximum is not None:
        return expected, max(0, expected - int_or_percent(maximum, expected, round_up=True))
    return expected, int_or_percent(minimum, expected, round_up=True)
