"""Rules of PodDisruptionBudgets."""

from __future__ import annotations

from pilothouse.api.findings import internal_form, invalid, unsupported
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, at_most_100, int_or_percent, label_selector

_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def budget(obj: Obj) -> Findings:
    """A new PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    out: Findings = []
    if least is not None and most is not None:
        shown = internal_form("DisruptionBudgetSpec", spec)
        out.append(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for field, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            out += int_or_percent(f"spec.{field}", value) + at_most_100(f"spec.{field}", value)
    out += label_selector("spec.selector", spec.get("selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _POLICIES:
        out.append(unsupported("spec.unhealthyPodEvictionPolicy", policy, _POLICIES))
    return out


def budget_status(new: Obj, old: Obj) -> Findings:
    """The counters of a PodDisruptionBudget."""
    return all_non_negative("status", new.get("status") or {}, *_COUNTS)
