"""What every cluster has: namespaces, the bootstrap policy, system priority classes, flow control, the `kubernetes` Service.

Written straight to the store with transactions that only create, all side by side, before the server answers its first request.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable

from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.authz.policy import bootstrap_policy
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.cluster.apiserver.http.flowcontrol.bootstrap import GROUP, LEVELS, SCHEMAS, flow_control_objects
from pilothouse.cluster.apiserver.http.flowcontrol.dangling import condition as dangling
from pilothouse.cluster.apiserver.registry.codec import stored_bytes, typed
from pilothouse.cluster.apiserver.registry.strategies import prepare_create
from pilothouse.cluster.apiserver.watchcache.upkeep import Upkeep
from pilothouse.kit.aio import run_all
from pilothouse.store.revisions import Mismatch

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
_MOVABLE = "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
_FIXED = "Used for system critical pods that must not be moved from their current node."
_PRIORITIES = (("system-cluster-critical", 2000000000, _MOVABLE), ("system-node-critical", 2000001000, _FIXED))


async def bootstrap(backend: Backend) -> None:
    """Create what is missing."""
    objects = [_entry(backend, obj) for obj in _objects(backend)]
    missing = [(resource, obj) for resource, obj in objects if _stored(backend, resource, obj) is None]
    await run_all([_create(backend, resource, obj) for resource, obj in missing])
    await backend.cache.current()


def flow_control_upkeep(backend: Backend) -> Upkeep:
    """Return the upkeep that brings FlowSchemas and PriorityLevelConfigurations of every cluster back when they are deleted."""

    def missing() -> list[tuple[Resource, Obj]]:
        objects = [_entry(backend, obj) for obj in flow_control_objects()]
        return [(resource, obj) for resource, obj in objects if _stored(backend, resource, obj) is None]

    def create(resource: Resource, obj: Obj) -> Awaitable[None]:
        return _create(backend, resource, obj)

    prefixes = tuple(f"/registry/{GROUP}/{plural}/" for plural in (SCHEMAS, LEVELS))
    return Upkeep("flow-control-bootstrap", backend.cache, prefixes, missing, create)


def _objects(backend: Backend) -> list[Obj]:
    out: list[Obj] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES]
    out += bootstrap_policy()
    for name, value, text in _PRIORITIES:
        meta = {"name": name}
        out.append(
            {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": meta, "value": value, "description": text}
        )
    return out + flow_control_objects() + _kubernetes_service(backend) + _api_services(backend)


def _kubernetes_service(backend: Backend) -> list[Obj]:
    config = backend.config
    address = str(ipaddress.ip_network(config.service_range)[1])
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": config.advertise_port}
    spec = {
        "type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [port],
    }  # fmt: skip
    meta = {"name": "kubernetes", "namespace": "default"}
    slice_labels = {"kubernetes.io/service-name": "kubernetes"}
    parent = {"group": "", "resource": "services", "namespace": "default", "name": "kubernetes"}
    cidr = {"cidrs": [config.service_range]}
    ip_labels = {"ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": {**meta, "labels": labels}, "spec": spec},
        {
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": {**meta, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
            "subsets": [
                {
                    "addresses": [{"ip": config.advertise_address}],
                    "ports": [{"name": "https", "port": config.advertise_port, "protocol": "TCP"}],
                }
            ],
        },
        {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {**meta, "labels": slice_labels},
            "addressType": "IPv4", "endpoints": [{"addresses": [config.advertise_address], "conditions": {"ready": True}}],
            "ports": [{"name": "https", "port": config.advertise_port, "protocol": "TCP"}],
        },
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "IPAddress", "metadata": {"name": address, "labels": ip_labels},
            "spec": {"parentRef": parent},
        },
        {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "kubernetes"}, "spec": cidr},
    ]  # fmt: skip


def _api_services(backend: Backend) -> list[Obj]:
    out: list[Obj] = []
    labels = {"kube-aggregator.kubernetes.io/automanaged": "onstart"}
    for group, versions in backend.scheme.groups.items():
        if group == "apiregistration.k8s.io":
            continue
        for index, version in enumerate(versions):
            priority = 18000 if not group else 17800 - 10 * len(out)
            spec = {"version": version, "groupPriorityMinimum": priority, "versionPriority": 15 - index}
            if group:
                spec["group"] = group
            meta = {"name": f"{version}.{group}", "labels": dict(labels)}
            out.append({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": meta, "spec": spec})
    return out


def _entry(backend: Backend, obj: Obj) -> tuple[Resource, Obj]:
    resource = backend.scheme.kind(obj["apiVersion"], obj["kind"])
    assert resource is not None
    return resource, obj


def _stored(backend: Backend, resource: Resource, obj: Obj) -> object:
    meta = obj["metadata"]
    return backend.cached(resource).items.get(resource.key(meta.get("namespace", ""), meta["name"]))


async def _create(backend: Backend, resource: Resource, obj: Obj) -> None:
    result, _ = typed(resource, obj)
    meta, now = result["metadata"], backend.now()
    meta["uid"], meta["creationTimestamp"] = backend.entropy.uuid(), now
    prepare_create(resource, result)
    if resource.kind == "APIService":
        condition = {
            "type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local",
            "message": "Local APIServices are always available",
        }  # fmt: skip
        result["status"] = {"conditions": [condition]}
    if resource.kind == "FlowSchema":
        level = obj["spec"]["priorityLevelConfiguration"]["name"]
        result["status"] = {"conditions": [{**dangling(level, is_found=True), "lastTransitionTime": now}]}
    key = resource.key(meta.get("namespace", ""), meta["name"])
    try:
        await backend.store.txn(key, 0, stored_bytes(resource, result))
    except Mismatch:
        return
