"""What an autoscaler measures: five kinds of sources, each with a target."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, quantity, rule

_TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_FIELDS = ("object", "external", "pods", "resource", "containerResource")
_TARGETS = ("Utilization", "Value", "AverageValue")
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_HUGE = "hugepages-"


def metric(found: Obj, path: str) -> Findings:
    """One metric: the source that its type names and no other."""
    kind = found.get("type", "")
    wrong = [unsupported(f"{path}.type", kind, _TYPES)] if kind not in _TYPES else []
    out: Findings = [] if kind else [required(f"{path}.type", "must specify a metric source type")]
    out += wrong
    present = [field for field in _FIELDS if found.get(field) is not None]
    if present:
        out += _SOURCES[present[0]](found[present[0]], f"{path}.{present[0]}")
    expected = kind[:1].lower() + kind[1:]
    if not wrong and expected not in present:
        out.append(required(f"{path}.{expected}", "must populate information for the given metric source"))
    out += wrong
    if len(present) == 1:
        return out
    text = "must populate the given metric source only"
    return out + [forbidden(f"{path}.{field}", text) for field in present if field != expected]


def referenced(found: Obj, path: str, *, needs_group: bool) -> Findings:
    """The kind, name and version of an object somewhere else."""
    out: Findings = []
    for field in ("kind", "name"):
        value = found.get(field)
        out += rule(f"{path}.{field}", value, names.path_segment) if value else [required(f"{path}.{field}")]
    version = found.get("apiVersion", "")
    if version.count("/") > 1:
        out.append(invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}"))
    elif (needs_group and not version.partition("/")[1]) or (needs_group and version.startswith("/")):
        out.append(invalid(f"{path}.apiVersion", version, "apiVersion must specify API group"))
    return out


def _identifier(source: Obj, path: str) -> Findings:
    name = (source.get("metric") or {}).get("name", "")
    path = f"{path}.metric.name"
    return rule(path, name, names.path_segment) if name else [required(path, "must specify a metric name")]


def _target(target: Obj, path: str) -> Findings:
    kind = target.get("type", "")
    out: Findings = [] if kind else [required(f"{path}.type", "must specify a metric target type")]
    if kind not in _TARGETS:
        out.append(invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue"))
    for field in ("value", "averageValue"):
        if target.get(field) is not None and quantity(target[field]) <= 0:
            out.append(invalid(f"{path}.{field}", target[field], "must be positive"))
    share = target.get("averageUtilization")
    if share is not None and share < 1:
        out.append(invalid(f"{path}.averageUtilization", share, "must be greater than 0"))
    return out


def _targeted(source: Obj, path: str) -> tuple[Findings, Obj, str]:
    target = source.get("target") or {}
    return _target(target, f"{path}.target"), target, f"{path}.target"


def _object(source: Obj, path: str) -> Findings:
    out = referenced(source.get("describedObject") or {}, f"{path}.describedObject", needs_group=False)
    found, target, at = _targeted(source, path)
    out += _identifier(source, path) + found
    if target.get("value") is None and target.get("averageValue") is None:
        out.append(required(f"{at}.averageValue", "must set either a target value or averageValue"))
    return out


def _external(source: Obj, path: str) -> Findings:
    found, target, at = _targeted(source, path)
    out = _identifier(source, path) + found
    stated = [field for field in ("value", "averageValue") if target.get(field) is not None]
    if not stated:
        out.append(required(f"{at}.averageValue", "must set either a target value for metric or a per-pod target"))
    if len(stated) > 1:
        out.append(forbidden(f"{at}.value", "may not set both a target value for metric and a per-pod target"))
    return out


def _pods(source: Obj, path: str) -> Findings:
    found, target, at = _targeted(source, path)
    out = _identifier(source, path) + found
    if target.get("averageValue") is None:
        out.append(required(f"{at}.averageValue", "must specify a positive target averageValue"))
    return out


def _resource(source: Obj, path: str) -> Findings:
    out: Findings = [] if source.get("name") else [required(f"{path}.name", "must specify a resource name")]
    return out + _resource_target(source, path)


def _resource_target(source: Obj, path: str) -> Findings:
    out, target, at = _targeted(source, path)
    stated = [field for field in ("averageUtilization", "averageValue") if target.get(field) is not None]
    if not stated:
        out.append(required(f"{at}.averageUtilization", "must set either a target raw value or a target utilization"))
    if len(stated) > 1:
        out.append(forbidden(f"{at}.averageValue", "may not set both a target raw value and a target utilization"))
    return out


def _container_resource(source: Obj, path: str) -> Findings:
    name, container = source.get("name", ""), source.get("container", "")
    out = _container_resource_name(name, f"{path}.name") if name else [required(f"{path}.name", "must specify a resource name")]
    at = f"{path}.container"
    out += rule(at, container, names.label) if container else [required(at, "must specify a container")]
    return out + _resource_target(source, path)


def _container_resource_name(name: str, path: str) -> Findings:
    out = rule(path, name, names.qualified)
    if not out and "/" not in name and name not in _RESOURCES and not name.startswith(_HUGE):
        out.append(invalid(path, name, "must be a standard resource type or fully qualified"))
        out.append(invalid(path, name, "must be a standard resource for containers"))
    return out


_SOURCES: dict[str, Callable[[Obj, str], Findings]] = {
    "object": _object, "external": _external, "pods": _pods, "resource": _resource, "containerResource": _container_resource,
}  # fmt: skip
