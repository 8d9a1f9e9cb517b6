"""Rows of workload kinds."""

from __future__ import annotations

from typing import Any

from pilothouse.api.tables.text import NONE, age, containers_text, human_duration, labels_text, selector_text
from pilothouse.kit.clock import parse_rfc3339

Obj = dict[str, Any]


def _template(obj: Obj) -> Obj:
    spec: Obj = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


def _parts(obj: Obj, now: float) -> tuple[str, str, Obj, Obj, str, str]:
    meta = obj["metadata"]
    names, images = containers_text(_template(obj))
    return (
        meta.get("name", ""),
        age(meta.get("creationTimestamp"), now),
        obj.get("spec") or {},
        obj.get("status") or {},
        names,
        images,
    )


def deployment(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Deployment."""
    name, since, spec, status, names, images = _parts(obj, now)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    return [name, ready, updated, available, since, names, images, selector_text(spec.get("selector"))]


def replica_set(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ReplicaSet."""
    name, since, spec, status, names, images = _parts(obj, now)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name, *counts, since, names, images, selector_text(spec.get("selector"))]


def replication_controller(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ReplicationController."""
    name, since, spec, status, names, images = _parts(obj, now)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name, *counts, since, names, images, labels_text(spec.get("selector"))]


def stateful_set(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a StatefulSet."""
    name, since, spec, status, names, images = _parts(obj, now)
    return [name, f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}", since, names, images]


def daemon_set(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a DaemonSet."""
    name, since, spec, status, names, images = _parts(obj, now)
    fields = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    counts = [status.get(field, 0) for field in fields]
    nodes = labels_text(_template(obj).get("nodeSelector"))
    return [name, *counts, nodes, since, names, images, selector_text(spec.get("selector"))]


def job(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Job."""
    name, since, spec, status, names, images = _parts(obj, now)
    done = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        shown = f"{done}/{spec['completions']}"
    elif (spec.get("parallelism") or 0) > 1:
        shown = f"{done}/1 of {spec['parallelism']}"
    else:
        shown = f"{done}/1"
    return [name, _job_status(obj), shown, _duration(status, now), since, names, images, selector_text(spec.get("selector"))]


def _job_status(obj: Obj) -> str:
    true = {item.get("type") for item in (obj.get("status") or {}).get("conditions") or () if item.get("status") == "True"}
    if "Complete" in true:
        return "Complete"
    if "Failed" in true:
        return "Failed"
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for kind, shown in (
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if kind in true:
            return shown
    return "Running"


def _duration(status: Obj, now: float) -> str:
    if not status.get("startTime"):
        return ""
    start = parse_rfc3339(status["startTime"])
    end = parse_rfc3339(status["completionTime"]) if status.get("completionTime") else now
    return human_duration(end - start)


def cron_job(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a CronJob."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    template = (spec.get("jobTemplate") or {}).get("spec") or {}
    names, images = containers_text((template.get("template") or {}).get("spec") or {})
    last = age(status["lastScheduleTime"], now) if status.get("lastScheduleTime") else NONE
    return [
        meta.get("name", ""), spec.get("schedule", ""), spec.get("timeZone") or NONE, "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()), last, age(meta.get("creationTimestamp"), now), names, images,
        selector_text(template.get("selector")),
    ]  # fmt: skip


def pod_template(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PodTemplate."""
    template = obj.get("template") or {}
    names, images = containers_text(template.get("spec") or {})
    return [obj["metadata"].get("name", ""), names, images, labels_text((template.get("metadata") or {}).get("labels"))]


def autoscaler(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a HorizontalPodAutoscaler (v2)."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    least = str(spec["minReplicas"]) if spec.get("minReplicas") is not None else UNSET_MIN
    return [
        meta.get("name", ""), f"{target.get('kind', '')}/{target.get('name', '')}", _targets(spec, status), least,
        spec.get("maxReplicas", 0), status.get("currentReplicas", 0), age(meta.get("creationTimestamp"), now),
    ]  # fmt: skip


UNSET_MIN = "<unset>"


def _targets(spec: Obj, status: Obj) -> str:
    current = status.get("currentMetrics") or []
    out: list[str] = []
    for index, metric in enumerate(spec.get("metrics") or ()):
        shown = current[index] if index < len(current) else {}
        out.append(_metric(metric, shown))
    if not out and spec.get("targetCPUUtilizationPercentage") is not None:
        used = status.get("currentCPUUtilizationPercentage")
        out = [f"cpu: {'<unknown>' if used is None else f'{used}%'}/{spec['targetCPUUtilizationPercentage']}%"]
    if not out:
        return NONE
    return ", ".join(out[:2]) + (f" + {len(out) - 2} more..." if len(out) > 2 else "")


def _metric(metric: Obj, current: Obj) -> str:
    kind = metric.get("type", "")
    if kind not in ("ContainerResource", "External", "Object", "Pods", "Resource"):
        return "<unknown type>"
    field = kind[:1].lower() + kind[1:]
    source, found = metric.get(field) or {}, (current.get(field) or {}).get("current") or {}
    target = source.get("target") or {}
    if kind in ("Resource", "ContainerResource"):
        name = source.get("name", "")
        if target.get("averageValue") is not None:
            return f"{name}: {found.get('averageValue', '<unknown>')}/{target['averageValue']}"
        used = f"{found['averageUtilization']}%" if found.get("averageUtilization") is not None else "<unknown>"
        wanted = f"{target['averageUtilization']}%" if target.get("averageUtilization") is not None else "<auto>"
        return f"{name}: {used}/{wanted}"
    if target.get("averageValue") is not None:
        suffix = "" if kind == "Pods" else " (avg)"
        return f"{found.get('averageValue', '<unknown>')}/{target['averageValue']}{suffix}"
    return f"{found.get('value', '<unknown>')}/{target.get('value', '<auto>')}"
