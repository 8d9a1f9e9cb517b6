"""How much of each resource one object uses, as ResourceQuotas count it.

Source: the quota evaluators of Kubernetes. Every stored object counts as `count/<resource>.<group>`; some count under older names
as well, and Pods, Services and claims by what they ask for. Admission charges what these functions return and the quota
controller adds it up, so both always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pilothouse.api.quantity.amounts import compare, to_whole
from pilothouse.api.quantity.pods import Amounts, is_for_pods, pod_limits, pod_requests
from pilothouse.kit.clock import parse_rfc3339

Tree = Mapping[str, Any]
Named = Mapping[str, str]
CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
_ALIASES = frozenset(("configmaps", "secrets", "replicationcontrollers", "resourcequotas", "services", "persistentvolumeclaims"))
_FOR_SERVICES = frozenset(("services.nodeports", "services.loadbalancers"))
_MEASURED = ("cpu", "memory", "ephemeral-storage")
_FOR_PODS = frozenset(("pods", *_MEASURED, *(f"{kind}.{name}" for kind in ("requests", "limits") for name in _MEASURED)))
_REQUIRED = frozenset(name for name in _FOR_PODS if name.endswith(("cpu", "memory")))
_NATIVE = frozenset((*_MEASURED, "storage"))


def counted_as(group: str, plural: str) -> str:
    """Return the name under which the objects of a resource are counted."""
    return f"count/{plural}.{group}" if group else f"count/{plural}"


def is_counted(name: str, group: str, plural: str) -> bool:
    """Whether a resource name of a quota is about the objects of a resource."""
    if name == counted_as(group, plural) or (not group and name == plural and plural in _ALIASES):
        return True
    if group:
        return False
    if plural == "pods":
        return name in _FOR_PODS or name.startswith(("hugepages-", "requests.hugepages-")) or _is_extended(name)
    if plural == "services":
        return name in _FOR_SERVICES
    return plural == "persistentvolumeclaims" and (
        name == "requests.storage" or name.endswith((CLASS_SUFFIX + "requests.storage", CLASS_SUFFIX + "persistentvolumeclaims"))
    )


def _is_extended(name: str) -> bool:
    rest = name.removeprefix("requests.")
    return rest != name and "/" in rest and not rest.endswith("requests.storage") and CLASS_SUFFIX not in rest


def usage_of(group: str, plural: str, obj: Tree, now: float) -> Amounts:
    """Return what an object uses by resource name; `now` in seconds since 1970 tells whether a Pod is overdue."""
    found: Amounts = {counted_as(group, plural): "1"}
    if group:
        return found
    if plural in _ALIASES:
        found[plural] = "1"
    measure = _MEASURES.get(plural)
    if measure is not None:
        found.update(measure(obj, now))
    return found


def _pod(pod: Tree, now: float) -> Amounts:
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed") or _is_overdue(pod, now):
        return {}
    spec = pod.get("spec") or {}
    return _computed(pod_requests(spec), pod_limits(spec))


def _is_overdue(pod: Tree, now: float) -> bool:
    meta = pod["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("deletionGracePeriodSeconds") is None:
        return False
    return now > parse_rfc3339(meta["deletionTimestamp"]) + float(meta["deletionGracePeriodSeconds"])


def _computed(requests: Named, limits: Named) -> Amounts:
    found: Amounts = {"pods": "1"}
    for name in _MEASURED:
        if name in requests:
            found[name] = found[f"requests.{name}"] = requests[name]
        if name in limits:
            found[f"limits.{name}"] = limits[name]
    for name, amount in requests.items():
        if name.startswith("hugepages-"):
            found[name] = amount
        if name.startswith("hugepages-") or ("/" in name and name not in _NATIVE):
            found[f"requests.{name}"] = amount
    return found


def _service(service: Tree, _now: float) -> Amounts:
    spec = service.get("spec") or {}
    kind, ports = spec.get("type", "ClusterIP"), spec.get("ports") or ()
    count = len(ports) if kind in ("NodePort", "LoadBalancer") else 0
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        count = sum(bool(port.get("nodePort")) for port in ports)
    return {"services.loadbalancers": str(int(kind == "LoadBalancer")), "services.nodeports": str(count)}


def _claim(claim: Tree, _now: float) -> Amounts:
    spec, status = claim.get("spec") or {}, claim.get("status") or {}
    notes = claim["metadata"].get("annotations") or {}
    found: Amounts = {}
    name = notes.get("volume.beta.kubernetes.io/storage-class", spec.get("storageClassName")) or ""
    if name:
        found[f"{name}{CLASS_SUFFIX}persistentvolumeclaims"] = "1"
    wanted = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if wanted is None:
        return found
    allocated = (status.get("allocatedResources") or {}).get("storage")
    largest = allocated if allocated is not None and compare(allocated, wanted) > 0 else wanted
    storage = largest if compare(largest, to_whole(largest)) == 0 else str(to_whole(largest))
    found["requests.storage"] = storage
    if name:
        found[f"{name}{CLASS_SUFFIX}requests.storage"] = storage
    return found


_MEASURES: dict[str, Callable[[Tree, float], Amounts]] = {
    "pods": _pod,
    "services": _service,
    "persistentvolumeclaims": _claim,
}


def unspecified(pod: Tree, names: Iterable[str]) -> str:
    """Return what the containers of a Pod must state because a quota limits `names`, as text; empty when they do."""
    required = _REQUIRED.intersection(names)
    spec = pod.get("spec") or {}
    own = spec.get("resources") or {}
    if not required or any(is_for_pods(name) for kind in ("requests", "limits") for name in own.get(kind) or ()):
        return ""
    missing: dict[str, set[str]] = {}
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        resources = container.get("resources") or {}
        for name in required - _computed(resources.get("requests") or {}, resources.get("limits") or {}).keys():
            missing.setdefault(name, set()).add(container["name"])
    return "; ".join(f"{name} for: {','.join(sorted(owners))}" for name, owners in sorted(missing.items()))
