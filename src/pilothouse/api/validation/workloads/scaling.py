"""Rules of autoscalers and disruption budgets."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    at_most_100,
    int_or_percent,
    label_selector,
    one_of,
)


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
    policies = ("AlwaysAllow", "IfHealthyBudget")
    return out + one_of("spec.unhealthyPodEvictionPolicy", spec.get("unhealthyPodEvictionPolicy"), policies)


_METRICS = ("ContainerResource", "External", "Object", "Pods", "Resource")


def autoscaler(obj: Obj) -> Findings:
    """A new HorizontalPodAutoscaler."""
    spec = obj["spec"]
    out: Findings = []
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        out.append(invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        out.append(required("spec.maxReplicas", "must be set and greater than 0"))
    if least is not None and most < least:
        out.append(invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    out += _scale_target(spec.get("scaleTargetRef") or {})
    metrics = spec.get("metrics") or []
    for index, metric in enumerate(metrics):
        out += _metric(metric, f"spec.metrics[{index}]")
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in metrics):
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        out.append(forbidden("spec.metrics", text))
    for name, rules in (spec.get("behavior") or {}).items():
        if rules is not None and not rules.get("policies"):
            out.append(required(f"spec.behavior.{name}.policies", "must specify at least one Policy"))
    return out


def _scale_target(target: Obj) -> Findings:
    path = "spec.scaleTargetRef"
    out: Findings = [required(f"{path}.{field}") for field in ("kind", "name") if not target.get(field)]
    version = target.get("apiVersion", "")
    if "/" not in version and target.get("kind") != "ReplicationController":
        out.append(invalid(f"{path}.apiVersion", version, "apiVersion must specify API group"))
    return out


def _metric(metric: Obj, path: str) -> Findings:
    kind = metric.get("type", "")
    if not kind:
        return [required(f"{path}.type", "must specify a metric source type")]
    if kind not in _METRICS:
        return [unsupported(f"{path}.type", kind, _METRICS)] * 2
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field)
    if source is None:
        return [required(f"{path}.{field}", "must populate information for the given metric source")]
    out: Findings = []
    target = source.get("target") or {}
    if kind in ("Resource", "ContainerResource"):
        if not source.get("name"):
            out.append(required(f"{path}.{field}.name", "must specify a resource name"))
        if target.get("averageUtilization") is None and target.get("averageValue") is None:
            text = "must set either a target raw value or a target utilization"
            out.append(required(f"{path}.{field}.target.averageUtilization", text))
    return out
