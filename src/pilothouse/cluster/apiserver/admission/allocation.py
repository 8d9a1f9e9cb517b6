"""Addresses and ports of Services: taken from the ranges of the configuration, reserved by objects in the store.

An address is reserved by creating the IPAddress object of its name, a node port by a key of its own; creating is the
compare-and-swap, so two API servers on one store never give out the same value.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Awaitable, Callable

from pilothouse.api.findings import FieldError, invalid
from pilothouse.api.scheme import Resource
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, invalid_object
from pilothouse.cluster.apiserver.http.respond import dumps
from pilothouse.cluster.apiserver.watchcache.items import Item
from pilothouse.kit.clock import parse_rfc3339
from pilothouse.store.revisions import Mismatch, StoreStopped

Undo = list[Callable[[], Awaitable[None]]]
_ADDRESSES = "/registry/networking.k8s.io/ipaddresses/"
_PORTS = "/registry/pilothouse.io/nodeports/"
MAX_TRIES = 64
_MANAGED_BY, _MANAGER = "ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io"
_SERVICES = "/registry/core/services/"
IN_FLIGHT_S = 300.0
"""What was reserved less than this ago may be for a Service that another server on the same store is about to write."""
_WITH_PORTS = frozenset(("NodePort", "LoadBalancer"))


class ServiceAllocator:
    """Reserves what Services need."""

    def __init__(self, backend: Backend) -> None:
        """Allocate from the ranges of the configuration."""
        self.backend = backend
        self.network = ipaddress.ip_network(backend.config.service_range)

    async def allocate(self, call: Call, obj: Obj, old: Obj | None) -> Undo:
        """Set addresses and ports of a Service."""
        if call.resource.kind != "Service" or call.resource.group or call.subresource:
            return []
        spec, undo = obj["spec"], Undo()
        try:
            if spec.get("type") == "ExternalName":
                return undo
            self._families(spec)
            await self._address(call, obj, old, undo)
            await self._ports(call, obj, undo)
        except BaseException:
            for step in undo:
                await step()
            raise
        return undo

    def _families(self, spec: Obj) -> None:
        if spec.get("clusterIP") == "None" and not spec.get("selector"):
            spec.setdefault("ipFamilyPolicy", "RequireDualStack")
            spec.setdefault("ipFamilies", ["IPv4", "IPv6"] if spec["ipFamilyPolicy"] == "RequireDualStack" else ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("ipFamilies", ["IPv4"])

    async def _address(self, call: Call, obj: Obj, old: Obj | None, undo: Undo) -> None:
        spec = obj["spec"]
        address = spec.get("clusterIP", "")
        before = ((old or {}).get("spec") or {}).get("clusterIP", "")
        if address == "None" or (address and address == before):
            spec["clusterIPs"] = [address]
            return
        if address:
            self._check_range(call, obj, address)
            if not await self._reserve(address, obj, undo, call.dry_run):
                text = "failed to allocate IP " + address + ": provided IP is already allocated"
                raise invalid_object(call.resource, obj["metadata"]["name"], [invalid("spec.clusterIPs", [address], text)])
        else:
            address = await self._any(obj, undo, call.dry_run)
        spec["clusterIP"], spec["clusterIPs"] = address, [address]

    def _check_range(self, call: Call, obj: Obj, address: str) -> None:
        if ipaddress.ip_address(address) not in self.network:
            text = f"failed to allocate IP {address}: the provided IP ({address}) is not in the valid range. "
            text += f"The range of valid IPs is {self.network}"
            raise invalid_object(call.resource, obj["metadata"]["name"], [invalid("spec.clusterIPs", [address], text)])

    async def _any(self, obj: Obj, undo: Undo, dry_run: bool) -> str:
        size = self.network.num_addresses - 2
        for _ in range(MAX_TRIES):
            offset = 2 + self.backend.entropy.randrange(max(1, size - 1))
            address = str(self.network[offset])
            if await self._reserve(address, obj, undo, dry_run):
                return address
        for offset in range(2, size + 1):
            address = str(self.network[offset])
            if await self._reserve(address, obj, undo, dry_run):
                return address
        raise StatusError(500, "InternalError", "Internal error occurred: failed to allocate a serviceIP: range is full")

    async def _reserve(self, address: str, obj: Obj, undo: Undo, dry_run: bool) -> bool:
        key = _ADDRESSES + address
        if self.backend.cache.get(key) is not None:
            return False
        if dry_run:
            return True
        meta = obj["metadata"]
        parent = {"group": "", "resource": "services", "namespace": meta["namespace"], "name": meta["name"]}
        labels = {"ipaddress.kubernetes.io/ip-family": "IPv4", _MANAGED_BY: _MANAGER}
        tree = {
            "kind": "IPAddress", "apiVersion": "networking.k8s.io/v1",
            "metadata": {
                "name": address, "uid": self.backend.entropy.uuid(), "creationTimestamp": self.backend.now(), "labels": labels,
            },
            "spec": {"parentRef": parent},
        }  # fmt: skip
        return await self._take(key, dumps(tree), undo)

    async def _take(self, key: str, value: bytes, undo: Undo) -> bool:
        try:
            await self.backend.write(key, 0, value)
        except Mismatch:
            return False

        async def release() -> None:
            await self.backend.write(key, None, None)

        undo.append(release)
        return True

    async def _ports(self, call: Call, obj: Obj, undo: Undo) -> None:
        spec = obj["spec"]
        wants = spec.get("type") in _WITH_PORTS
        if spec.get("type") == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
            wants = False
        taken: dict[tuple[int, str], bool] = {}
        for index, port in enumerate(spec.get("ports") or ()):
            number = port.get("nodePort", 0)
            if number:
                await self._fixed(call, obj, index, number, undo)
            elif wants:
                port["nodePort"] = await self._any_port(obj, undo, call.dry_run)
            taken[port.get("nodePort", 0), port.get("protocol", "TCP")] = True
        if (
            spec.get("externalTrafficPolicy") == "Local"
            and spec.get("type") == "LoadBalancer"
            and not spec.get("healthCheckNodePort")
        ):
            spec["healthCheckNodePort"] = await self._any_port(obj, undo, call.dry_run)

    async def _fixed(self, call: Call, obj: Obj, index: int, number: int, undo: Undo) -> None:
        config = self.backend.config
        path = f"spec.ports[{index}].nodePort"
        problem = ""
        if not call.dry_run and not config.node_port_low <= number <= config.node_port_high:
            problem = (
                f"provided port is not in the valid range. The range of valid ports is "
                f"{config.node_port_low}-{config.node_port_high}"
            )
        elif await self._is_taken(call, obj, number, undo):
            problem = "provided port is already allocated"
        if problem:
            findings: list[FieldError] = [invalid(path, number, problem)]
            raise invalid_object(call.resource, obj["metadata"]["name"], findings)

    async def _is_taken(self, call: Call, obj: Obj, number: int, undo: Undo) -> bool:
        """Whether a port is of another Service; reserves it if it is free."""
        owner = self._owner(number)
        if owner is None and not call.dry_run:
            return not await self._take_port(number, obj, undo)
        return owner is not None and owner != _identity(obj)

    def _owner(self, number: int) -> str | None:
        item = self.backend.cache.get(f"{_PORTS}{number}")
        return None if item is None else str(item.object.get("owner", ""))

    async def _any_port(self, obj: Obj, undo: Undo, dry_run: bool) -> int:
        config = self.backend.config
        count = config.node_port_high - config.node_port_low + 1
        for _ in range(MAX_TRIES):
            number = config.node_port_low + self.backend.entropy.randrange(count)
            if self._owner(number) is None and (dry_run or await self._take_port(number, obj, undo)):
                return number
        raise StatusError(500, "InternalError", "Internal error occurred: failed to allocate a nodePort: range is full")

    async def _take_port(self, number: int, obj: Obj, undo: Undo) -> bool:
        """Reserve a port; also true when this Service has it already, for another protocol."""
        record = {"metadata": {"name": "port", "creationTimestamp": self.backend.now()}, "owner": _identity(obj)}
        return await self._take(f"{_PORTS}{number}", dumps(record), undo) or self._owner(number) == _identity(obj)

    async def repair(self) -> None:
        """Release addresses and ports whose Service was never written, or is gone."""
        services, addresses, ports = (list(self.backend.cache.resource(key).scan()) for key in (_SERVICES, _ADDRESSES, _PORTS))
        specs = {_identity(item.object): item.object.get("spec") or {} for item in services}
        for item in addresses:
            meta, parent = item.object["metadata"], (item.object.get("spec") or {}).get("parentRef") or {}
            spec = specs.get(f"{parent.get('namespace', '')}/{parent.get('name', '')}", {})
            if (meta.get("labels") or {}).get(_MANAGED_BY) == _MANAGER and spec.get("clusterIP") != meta["name"]:
                await self._drop(item)
        for item in ports:
            if int(item.key.removeprefix(_PORTS)) not in _numbers(specs.get(str(item.object.get("owner", "")), {})):
                await self._drop(item)

    async def _drop(self, item: Item) -> None:
        made = item.object["metadata"].get("creationTimestamp", "")
        is_shared = self.backend.store.is_shared
        if is_shared and made and self.backend.clock.now() - parse_rfc3339(made) < IN_FLIGHT_S:
            return
        with contextlib.suppress(Mismatch, StoreStopped):
            await self.backend.write(item.key, item.revision, None)

    async def deleted(self, resource: Resource, obj: Obj, kept: Obj | None = None) -> None:
        """Release what a Service held before it was deleted, or became `kept`."""
        if resource.kind != "Service" or resource.group:
            return
        after = (kept or {}).get("spec") or {}
        spec = obj.get("spec") or {}
        address = spec.get("clusterIP", "")
        if address and address not in ("None", after.get("clusterIP")):
            await self.backend.write(_ADDRESSES + address, None, None)
        for number in _numbers(spec) - _numbers(after):
            if self._owner(number) == _identity(obj):
                await self.backend.write(f"{_PORTS}{number}", None, None)


def _numbers(spec: Obj) -> set[int]:
    found = {port.get("nodePort", 0) for port in spec.get("ports") or ()} | {spec.get("healthCheckNodePort", 0)}
    return found - {0}


def _identity(obj: Obj) -> str:
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata'].get('name', '')}"
