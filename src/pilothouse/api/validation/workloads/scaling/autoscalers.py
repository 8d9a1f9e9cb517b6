"""Rules of HorizontalPodAutoscalers of both versions."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, non_negative_quantity
from pilothouse.api.validation.workloads.scaling.metrics import metric, referenced

MAX_WINDOW_S, MAX_PERIOD_S = 3600, 1800
_SELECTIONS = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")


def autoscaler(obj: Obj) -> Findings:
    """A new HorizontalPodAutoscaler."""
    return _spec(obj["spec"], 1)


def autoscaler_update(new: Obj, old: Obj) -> Findings:
    """A changed HorizontalPodAutoscaler; one that could already scale to zero still can."""
    return _spec(new["spec"], 0 if old["spec"].get("minReplicas") == 0 else 1)


def autoscaler_status(new: Obj, old: Obj) -> Findings:
    """The counters of a HorizontalPodAutoscaler."""
    return all_non_negative("status", new.get("status") or {}, "currentReplicas", "desiredReplicas")


def _spec(spec: Obj, lowest: int) -> Findings:
    out: Findings = []
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < lowest:
        out.append(invalid("spec.minReplicas", least, f"must be greater than or equal to {lowest}"))
    if not most:
        out.append(required("spec.maxReplicas", "must be set and greater than 0"))
    elif most < 0:
        out.append(invalid("spec.maxReplicas", most, "must be greater than 0"))
    if least is not None and most < least:
        out.append(invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    target = spec.get("scaleTargetRef") or {}
    out += referenced(target, "spec.scaleTargetRef", needs_group=target.get("kind") != "ReplicationController")
    metrics = _metrics(spec)
    for index, item in enumerate(metrics):
        out += metric(item, f"spec.metrics[{index}]")
    if least == 0 and not any(item.get("type") in ("Object", "External") for item in metrics):
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        out.append(forbidden("spec.metrics", text))
    for name in ("scaleUp", "scaleDown"):
        out += _scaling_rules((spec.get("behavior") or {}).get(name), f"spec.behavior.{name}")
    return out


def _metrics(spec: Obj) -> list[Obj]:
    """Return the metrics, of which the first version of the API knows one."""
    share = spec.get("targetCPUUtilizationPercentage")
    if share is None:
        return list(spec.get("metrics") or ())
    return [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": share}}}]


def _scaling_rules(rules: Obj | None, path: str) -> Findings:
    if rules is None:
        return []
    out: Findings = []
    window, selection, tolerance = (rules.get(field) for field in ("stabilizationWindowSeconds", "selectPolicy", "tolerance"))
    at = f"{path}.stabilizationWindowSeconds"
    if window is not None and window < 0:
        out.append(invalid(at, window, "must be greater than or equal to zero"))
    if window is not None and window > MAX_WINDOW_S:
        out.append(invalid(at, window, f"must be less than or equal to {MAX_WINDOW_S}"))
    if selection is not None and selection not in _SELECTIONS:
        out.append(unsupported(f"{path}.selectPolicy", selection, _SELECTIONS))
    if not rules.get("policies"):
        out.append(required(f"{path}.policies", "must specify at least one Policy"))
    for index, policy in enumerate(rules.get("policies") or ()):
        out += _policy(policy, f"{path}.policies[{index}]")
    return out + (non_negative_quantity(f"{path}.tolerance", tolerance) if tolerance is not None else [])


def _policy(policy: Obj, path: str) -> Findings:
    kind, value, period = policy.get("type", ""), policy.get("value", 0), policy.get("periodSeconds", 0)
    out: Findings = [] if kind in _POLICIES else [unsupported(f"{path}.type", kind, _POLICIES)]
    for field, number in (("value", value), ("periodSeconds", period)):
        if number <= 0:
            out.append(invalid(f"{path}.{field}", number, "must be greater than zero"))
    if period > MAX_PERIOD_S:
        out.append(invalid(f"{path}.periodSeconds", period, f"must be less than or equal to {MAX_PERIOD_S}"))
    return out
