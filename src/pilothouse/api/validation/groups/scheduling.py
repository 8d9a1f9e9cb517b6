"""Rules of PriorityClasses, RuntimeClasses and Leases, of the groups scheduling, node and coordination.k8s.io."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, internal_form, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, immutable, non_negative, non_negative_quantity, rule
from pilothouse.api.validation.meta import validate_labels
from pilothouse.api.validation.pods.placement import tolerations

MAX_USER_PRIORITY = 1_000_000_000
_SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}
_PREEMPTION = ("PreemptLowerPriority", "Never")


def priority_class(obj: Obj) -> Findings:
    """A new PriorityClass."""
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    out: Findings = []
    if name.startswith("system-"):
        problem = _system_problem(name, value, is_default=bool(obj.get("globalDefault")))
        text = "priority class names with 'system-' prefix are reserved for system use only. error: "
        out += [forbidden("metadata.name", text + problem)] if problem else []
    elif value > MAX_USER_PRIORITY:
        out.append(forbidden("value", f"maximum allowed value of a user defined priority is {MAX_USER_PRIORITY}"))
    policy = obj.get("preemptionPolicy")
    if policy == "":
        out.append(required("preemptionPolicy"))
    elif policy is not None and policy not in _PREEMPTION:
        out.append(unsupported("preemptionPolicy", policy, _PREEMPTION))
    return out


def _system_problem(name: str, value: int, *, is_default: bool) -> str:
    if name not in _SYSTEM:
        return f"{name} is not a known system priority class"
    if value != _SYSTEM[name]:
        return f"value of {name} PriorityClass must be {_SYSTEM[name]}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else ""


def priority_class_update(new: Obj, old: Obj) -> Findings:
    """Value and policy of a class stay."""
    out: Findings = []
    if new.get("value") != old.get("value"):
        out.append(forbidden("value", "may not be changed in an update."))
    return out + immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


def runtime_class(obj: Obj) -> Findings:
    """A new RuntimeClass."""
    handler = obj.get("handler")
    out = rule("handler", handler, names.label) if handler else [required("handler")]
    for name, value in sorted(((obj.get("overhead") or {}).get("podFixed") or {}).items()):
        out += non_negative_quantity(f"overhead.limits[{name}]", value)
    scheduling = obj.get("scheduling") or {}
    out += validate_labels(scheduling.get("nodeSelector"), "scheduling.nodeSelector")
    found, path = scheduling.get("tolerations") or [], "scheduling.tolerations"
    out += tolerations(found, path)
    return out + [
        duplicate(f"{path}[{index}]", internal_form("Toleration", item))
        for index, item in enumerate(found)
        if item in found[:index]
    ]


def runtime_class_update(new: Obj, old: Obj) -> Findings:
    """The handler stays."""
    return runtime_class(new) + immutable("handler", new.get("handler"), old.get("handler"))


def lease(obj: Obj) -> Findings:
    """A new Lease."""
    spec = obj.get("spec") or {}
    duration = spec.get("leaseDurationSeconds")
    out: Findings = []
    if duration is not None and duration <= 0:
        out.append(invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"))
    return out + non_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
