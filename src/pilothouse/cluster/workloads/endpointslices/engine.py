"""The endpoints of a Service, from its Pods."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, annotations_of, is_deleting, labels_of, metadata, name_of, owner_reference, uid_of
from pilothouse.cluster.workloads.pods import is_finished, is_ready

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER_NAME = "endpointslice-controller.k8s.io"
MIRROR_NAME = "endpointslicemirroring-controller.k8s.io"
MAX_ENDPOINTS = 100
MAX_MIRRORED = 1_000
"""Addresses of one subset that are mirrored."""
_SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
_OWN_ENDPOINTS = "endpoints.kubernetes.io/managed-by"
_LEADER = "control-plane.alpha.kubernetes.io/leader"


def selected_pods(service: Tree, pods: list[Tree]) -> list[Tree]:
    """Return the Pods with an address that the Service selects, in order of name."""
    selector = service["spec"].get("selector") or {}
    found = [pod for pod in pods if selector.items() <= labels_of(pod).items()]
    return sorted((pod for pod in found if (pod.get("status") or {}).get("podIP") and not is_finished(pod)), key=name_of)


def _target_port(pod: Tree, port: Tree) -> int | None:
    """Return the number behind a Service port for one Pod; named ports are looked up in its containers."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    spec = pod.get("spec") or {}
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        for declared in container.get("ports") or ():
            if declared.get("name") == target and declared.get("protocol", "TCP") == port.get("protocol", "TCP"):
                return int(declared["containerPort"])
    return None


def _ports(service: Tree, pod: Tree) -> tuple[tuple[str, int, str, str], ...]:
    found = []
    for port in service["spec"].get("ports") or ():
        number = _target_port(pod, port)
        if number is not None:
            found.append((port.get("name", ""), number, port.get("protocol", "TCP"), port.get("appProtocol", "")))
    return tuple(found)


def _endpoint(service: Tree, pod: Tree) -> Tree:
    serves = is_ready(pod)
    terminating = is_deleting(pod)
    publishes_all = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: dict[str, Any] = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": publishes_all or (serves and not terminating), "serving": serves, "terminating": terminating,
        },
        "targetRef": {"kind": "Pod", "namespace": metadata(pod)["namespace"], "name": name_of(pod), "uid": uid_of(pod)},
    }  # fmt: skip
    spec = pod.get("spec") or {}
    if spec.get("nodeName"):
        endpoint["nodeName"] = spec["nodeName"]
    if spec.get("subdomain") == name_of(service) and spec.get("hostname"):
        endpoint["hostname"] = spec["hostname"]
    return endpoint


def plan_slices(service: Tree, pods: list[Tree]) -> list[Tree]:
    """Return the slices the Service should have, without names: one per set of port numbers and 100 endpoints."""
    groups: dict[tuple[tuple[str, int, str, str], ...], list[Tree]] = {}
    for pod in selected_pods(service, pods):
        groups.setdefault(_ports(service, pod), []).append(_endpoint(service, pod))
    if not groups:
        groups[()] = []
    slices: list[Tree] = []
    for ports, endpoints in sorted(groups.items()):
        for start in range(0, max(1, len(endpoints)), MAX_ENDPOINTS):
            slices.append(_slice(service, ports, endpoints[start : start + MAX_ENDPOINTS]))
    return slices


def trigger_time(service: Tree, pods: list[Tree], previous: str = "") -> str:
    """Return when the first change happened that the slices do not show yet: what latency of networking is measured from.

    `previous` is the time they were marked with before; all times are RFC 3339 in UTC, which sort as text.
    """
    times = [metadata(service)["creationTimestamp"]]
    for pod in selected_pods(service, pods):
        conditions = (pod.get("status") or {}).get("conditions") or ()
        times += [each["lastTransitionTime"] for each in conditions if each["type"] == "Ready" and each.get("lastTransitionTime")]
    unseen = [time for time in times if time > previous]
    return str(min(unseen, default=previous))


def _slice(service: Tree, ports: tuple[tuple[str, int, str, str], ...], endpoints: list[Tree]) -> Tree:
    labels = {key: value for key, value in labels_of(service).items() if key != "service.kubernetes.io/headless"}
    labels |= {SERVICE_NAME: name_of(service), MANAGED_BY: CONTROLLER_NAME}
    if service["spec"].get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "namespace": metadata(service)["namespace"], "generateName": f"{name_of(service)}-", "labels": labels,
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [
            {"name": name, "port": number, "protocol": protocol, **({"appProtocol": app} if app else {})}
            for name, number, protocol, app in ports
        ],
    }  # fmt: skip


def plan_endpoints(service: Tree, pods: list[Tree]) -> Tree:
    """Return the legacy Endpoints object of the Service."""
    subsets: dict[tuple[tuple[str, int, str, str], ...], tuple[list[Tree], list[Tree]]] = {}
    for pod in selected_pods(service, pods):
        if is_deleting(pod) and not service["spec"].get("publishNotReadyAddresses"):
            continue
        address: Tree = {"ip": pod["status"]["podIP"], "targetRef": _endpoint(service, pod)["targetRef"]}
        if (pod.get("spec") or {}).get("nodeName"):
            address["nodeName"] = pod["spec"]["nodeName"]
        ready, waiting = subsets.setdefault(_ports(service, pod), ([], []))
        (ready if _endpoint(service, pod)["conditions"]["ready"] else waiting).append(address)
    meta = {"name": name_of(service), "namespace": metadata(service)["namespace"], "labels": labels_of(service)}
    return {
        "apiVersion": "v1", "kind": "Endpoints",
        "metadata": {**meta, "labels": {**meta["labels"], "endpoints.kubernetes.io/managed-by": "endpoint-controller"}},
        "subsets": [_subset(ports, *addresses) for ports, addresses in sorted(subsets.items())],
    }  # fmt: skip


def _subset(ports: tuple[tuple[str, int, str, str], ...], ready: list[Tree], waiting: list[Tree]) -> Tree:
    subset: Tree = {}
    if ready:
        subset["addresses"] = ready
    if waiting:
        subset["notReadyAddresses"] = waiting
    listed = [{**({"name": name} if name else {}), "port": number, "protocol": protocol} for name, number, protocol, _ in ports]
    return {**subset, "ports": listed} if listed else subset


def is_mirrored(service: Tree, endpoints: Tree) -> bool:
    """Whether slices are made from Endpoints: somebody wrote them for a Service without selector, and does not object."""
    labels = labels_of(endpoints)
    is_own = _OWN_ENDPOINTS in labels or labels.get(_SKIP_MIRROR) == "true" or _LEADER in annotations_of(endpoints)
    return not service["spec"].get("selector") and service["spec"].get("type") != "ExternalName" and not is_own


def plan_mirror(endpoints: Tree) -> list[Tree]:
    """Return the slices for an Endpoints object, without names: one per subset and family of addresses."""
    labels = {**labels_of(endpoints), SERVICE_NAME: name_of(endpoints), MANAGED_BY: MIRROR_NAME}
    meta = {
        "namespace": metadata(endpoints)["namespace"], "generateName": f"{name_of(endpoints)}-", "labels": labels,
        "ownerReferences": [owner_reference(endpoints)],
    }  # fmt: skip
    groups: dict[tuple[str, str], tuple[list[Tree], list[Tree]]] = {}
    for subset in endpoints.get("subsets") or ():
        ports = [{"protocol": "TCP", **port} for port in subset.get("ports") or ()]
        ports = [{"name": port.get("name", ""), **port} for port in ports]
        for field, is_ready_ in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(field) or ():
                family = "IPv6" if ":" in address["ip"] else "IPv4"
                found = groups.setdefault((family, repr(ports)), (ports, []))[1]
                if len(found) < MAX_MIRRORED:
                    found.append(_mirrored(address, is_ready_))
    head = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta}
    return [
        {**head, "addressType": family, "endpoints": found, "ports": ports}
        for (family, _), (ports, found) in sorted(groups.items())
    ]


def _mirrored(address: Tree, is_ready_: bool) -> Tree:
    copied = {key: address[key] for key in ("hostname", "nodeName", "targetRef") if address.get(key)}
    return {"addresses": [address["ip"]], "conditions": {"ready": is_ready_}, **copied}
