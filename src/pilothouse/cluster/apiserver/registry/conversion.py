"""Between the version a client speaks and the version that is stored.

Most kinds have one version. HorizontalPodAutoscaler v1 and events.k8s.io Events are views of other stored versions; versions of
custom resources differ in apiVersion only (conversion strategy None): what is stored is pruned and defaulted by the schema of the
version it was stored at, then given the name of the version that is read.
"""

from __future__ import annotations

from typing import Any

import orjson

from pilothouse.api.patch.versions import View, Views
from pilothouse.api.schema.custom import default_custom, prune_custom
from pilothouse.api.scheme import Resource, Scheme

Obj = dict[str, Any]
_EVENT_FIELDS = (
    ("regarding", "involvedObject"), ("note", "message"), ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"), ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"), ("reportingInstance", "reportingInstance"),
)  # fmt: skip
_SEVERAL_VERSIONS = frozenset(("events", "horizontalpodautoscalers"))
_HPA_NOTES = "autoscaling.alpha.kubernetes.io/"


def convert(resource: Resource, obj: Obj, *, to_storage: bool) -> Obj:
    """Return `obj` in the storage version, or a stored object in the version of `resource`."""
    if resource.is_custom:
        if to_storage:
            group = f"{resource.group}/{resource.storage_version}"
            return {**obj, "apiVersion": group}
        schema = resource.stored_schemas.get(obj["apiVersion"], resource.schema)
        pruned = prune_custom(schema, obj)
        default_custom(schema, pruned)
        pruned["apiVersion"] = resource.api_version
        return pruned
    if (resource.storage_group, resource.storage_version) == (resource.group, resource.version):
        return obj
    if resource.kind == "Event":
        return _rename(obj, to_storage)
    return _hpa_to_v2(obj) if to_storage else _hpa_to_v1(obj)


def views_of(scheme: Scheme, resource: Resource) -> Views | None:
    """Return how the other versions of a kind see its objects; None when all versions have the same fields."""
    if resource.is_custom or resource.storage_plural not in _SEVERAL_VERSIONS:
        return None

    def view(api_version: str) -> View | None:
        group, _, version = api_version.rpartition("/")
        other = scheme.resource(group, version, resource.storage_plural)
        if other is None or other is resource:
            return None
        return View(other.schema, lambda obj: _between(resource, other, obj))

    return view


def _between(source: Resource, target: Resource, obj: Obj) -> Obj:
    whole = {"metadata": {}, **obj}
    return convert(target, convert(source, whole, to_storage=True), to_storage=False)


def _rename(obj: Obj, to_storage: bool) -> Obj:
    names = dict(_EVENT_FIELDS) if to_storage else {new: old for old, new in _EVENT_FIELDS}
    out = {names.get(key, key): value for key, value in obj.items()}
    out["apiVersion"] = "v1" if to_storage else "events.k8s.io/v1"
    if to_storage:
        for key, empty in (("involvedObject", {}), ("source", {}), ("reportingComponent", ""), ("reportingInstance", "")):
            if not out.get(key):
                out[key] = empty
        return out
    for key in ("regarding", "reportingController", "reportingInstance"):
        if not out.get(key):
            out.pop(key, None)
    return out


def _cpu(target: int) -> Obj:
    return {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}}


def _hpa_to_v2(obj: Obj) -> Obj:
    spec = dict(obj.get("spec") or {})
    target = spec.pop("targetCPUUtilizationPercentage", None)
    metadata = dict(obj["metadata"])
    notes = dict(metadata.get("annotations") or {})
    for name in ("metrics", "behavior"):
        text = notes.pop(_HPA_NOTES + name, None)
        if text:
            try:
                spec[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                continue
    if target is not None:
        spec["metrics"] = [_cpu(target), *spec.get("metrics", [])]
    metadata["annotations"] = notes
    if not notes:
        del metadata["annotations"]
    status = dict(obj.get("status") or {})
    current = status.pop("currentCPUUtilizationPercentage", None)
    status.setdefault("currentMetrics", None)
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    if current is not None:
        shown = {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": current}}}
        status["currentMetrics"] = [shown]
    return {**obj, "apiVersion": "autoscaling/v2", "metadata": metadata, "spec": spec, "status": status}


def _hpa_to_v1(obj: Obj) -> Obj:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    metadata = dict(obj["metadata"])
    others = []
    for metric in spec.pop("metrics", None) or ():
        resource = metric.get("resource") or {}
        utilization = (resource.get("target") or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and resource.get("name") == "cpu" and utilization is not None:
            spec["targetCPUUtilizationPercentage"] = utilization
        else:
            others.append(metric)
    notes = dict(metadata.get("annotations") or {})
    if others:
        notes[_HPA_NOTES + "metrics"] = orjson.dumps(others).decode()
    if "behavior" in spec:
        notes[_HPA_NOTES + "behavior"] = orjson.dumps(spec.pop("behavior")).decode()
    if notes:
        metadata["annotations"] = notes
    for metric in status.pop("currentMetrics", None) or ():
        value = ((metric.get("resource") or {}).get("current") or {}).get("averageUtilization")
        if value is not None:
            status["currentCPUUtilizationPercentage"] = value
    conditions = status.pop("conditions", None)
    if conditions:
        notes[_HPA_NOTES + "conditions"] = orjson.dumps(conditions).decode()
        metadata["annotations"] = notes
    status.setdefault("currentReplicas", 0)
    return {**obj, "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status}
