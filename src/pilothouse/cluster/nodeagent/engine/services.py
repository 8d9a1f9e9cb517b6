"""Services as listeners, endpoints as targets: the table the proxy worker serves, and where Services appear on the machine.

Cluster addresses (10.96.A.B) exist only inside the node's private network; on the machine every Service port is reachable at
127.96.A.B, the port unchanged, or plus 20000 where ports below 1024 are not allowed. NodePorts and hostPorts appear on
127.0.0.1. `choose_endpoint` balances round-robin over ready endpoints and honours ClientIP affinity.
"""

from __future__ import annotations

import ipaddress
import zlib
from typing import Literal

import msgspec

from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.errors import NotFound

CLUSTER_DNS = "10.96.0.10"
KUBERNETES_IP, KUBERNETES_PORT = "10.96.0.1", 443
POD_NETWORK = ipaddress.ip_network("10.244.0.0/16")
SERVICE_NETWORK = ipaddress.ip_network("10.96.0.0/16")
LOW_PORT_OFFSET = 20_000
_TLS_NAMES = {"https", "websecure", "tls"}
Side = Literal["node", "host"]


class Endpoint(msgspec.Struct, frozen=True):
    """One target of a Service port; `side` says which network it is dialled in."""

    ip: str
    port: int
    side: Side = "node"


class Listener(msgspec.Struct, frozen=True):
    """One socket the proxy keeps open and the targets behind it."""

    side: Side
    ip: str
    port: int
    protocol: str
    service: str
    """`namespace/name:port`, for logs."""
    endpoints: tuple[Endpoint, ...] = ()
    is_sticky: bool = False


class ServiceTable(msgspec.Struct, frozen=True):
    """Everything the proxy worker does, as one value."""

    generation: int = 0
    listeners: tuple[Listener, ...] = ()
    names: dict[str, list[str]] = {}
    """DNS name without the zone -> addresses."""
    ports: dict[str, list[tuple[str, int]]] = {}
    """SRV name without the zone -> (target name, port)."""


def host_address(cluster_ip: str, port: int, may_bind_low: bool) -> tuple[str, int]:
    """Return where the machine reaches a Service port; raises ValueError for an address outside 10.96.0.0/16."""
    address = ipaddress.IPv4Address(cluster_ip)
    if address not in SERVICE_NETWORK:
        raise ValueError(f"{cluster_ip} is not in the service network {SERVICE_NETWORK}")
    _, _, third, fourth = str(address).split(".")
    return f"127.96.{third}.{fourth}", port if may_bind_low or port >= 1024 else port + LOW_PORT_OFFSET


def service_urls(service: Json, may_bind_low: bool, port: str = "") -> list[str]:
    """Return a URL per TCP port of a Service as this machine reaches it; raises NotFound saying why there is none.

    `port` chooses one by name or number. Ports named https or numbered 443 get that scheme.
    """
    spec, name = service.get("spec") or {}, service["metadata"]["name"]
    ip = str(spec.get("clusterIP") or "")
    if ip in {"", "None"}:
        kind = "has no cluster address (headless)" if ip else f"is of type {spec.get('type')}"
        raise NotFound(f"service {name} {kind}", fix="ask for a Service with a cluster IP")
    chosen = [p for p in spec.get("ports") or [] if port in {"", str(p.get("name") or ""), str(p["port"])}]
    if not chosen:
        known = ", ".join(str(p.get("name") or p["port"]) for p in spec.get("ports") or [])
        raise NotFound(f"service {name} has no port {port!r}", fix=f"it has: {known}")
    urls = []
    for one in chosen:
        host, number = host_address(ip, int(one["port"]), may_bind_low)
        is_tls = str(one.get("name") or "") in _TLS_NAMES or int(one["port"]) == 443
        is_web = (one.get("protocol") or "TCP") == "TCP"
        scheme = ("https" if is_tls else "http") if is_web else "udp"
        default = {"http": 80, "https": 443}.get(scheme)
        urls.append(f"{scheme}://{host}" + ("" if number == default else f":{number}"))
    return urls


def side_of(ip: str, has_network: bool) -> Side:
    """Tell in which network an endpoint address lives."""
    try:
        return "node" if has_network and ipaddress.ip_address(ip) in POD_NETWORK else "host"
    except ValueError:
        return "host"


def choose_endpoint(
    endpoints: tuple[Endpoint, ...], turn: int, client_ip: str, is_sticky: bool, tried: frozenset[Endpoint]
) -> Endpoint | None:
    """Return the target of a new connection: not one already tried, round-robin by `turn`, or fixed per client."""
    left = [endpoint for endpoint in endpoints if endpoint not in tried]
    if not left:
        return None
    if is_sticky:
        return min(left, key=lambda endpoint: zlib.crc32(f"{client_ip}|{endpoint.ip}|{endpoint.port}".encode()))
    return left[turn % len(left)]


def free_pod_address(used: set[str], after: str = "10.244.0.1") -> str | None:
    """Return the next Pod address not in `used`, going round from `after`; None when the range is full."""
    first, last = int(POD_NETWORK.network_address) + 2, int(POD_NETWORK.broadcast_address) - 1
    start = int(ipaddress.IPv4Address(after)) + 1
    size = last - first + 1
    for step in range(size):
        candidate = str(ipaddress.IPv4Address(first + (start - first + step) % size))
        if candidate not in used:
            return candidate
    return None


def first_pod_address(data_dir: str) -> str:
    """Return where an instance begins to hand out Pod addresses, so that instances on one machine rarely meet."""
    return f"10.244.{zlib.crc32(data_dir.encode()) % 250 + 1}.1"


def shared_address(address: str, *, is_inside: bool = True) -> str:
    """Return a Pod address where Pods share the machine's network: 10.244.A.B becomes 127.244.A.B, which every machine owns.

    A program that listens on its Pod's address only can so be run many times with the same port. With `is_inside` false the
    way back is taken.
    """
    first, other = ("10.244.", "127.244.") if is_inside else ("127.244.", "10.244.")
    return other + address.removeprefix(first) if address.startswith(first) else address


def ready_endpoints(slices: list[Json], port_name: str, has_network: bool, leaving: frozenset[str]) -> tuple[Endpoint, ...]:
    """Return the ready targets of one Service port over all its EndpointSlices, without Pods that are leaving."""
    found: dict[Endpoint, None] = {}
    serving: dict[Endpoint, None] = {}
    for piece in slices:
        numbers = [p.get("port") for p in piece.get("ports") or [] if (p.get("name") or "") == port_name]
        for endpoint in piece.get("endpoints") or []:
            conditions = endpoint.get("conditions") or {}
            for ip in endpoint.get("addresses") or []:
                if str((endpoint.get("targetRef") or {}).get("uid", "")) in leaving:
                    continue
                targets = [Endpoint(ip, int(number), side_of(ip, has_network)) for number in numbers if number]
                if conditions.get("ready") is not False:
                    found |= dict.fromkeys(targets)
                elif conditions.get("serving") and conditions.get("terminating"):
                    serving |= dict.fromkeys(targets)
    return tuple(sorted(found or serving, key=lambda endpoint: (endpoint.ip, endpoint.port)))


def build_table(
    services: list[Json],
    slices: dict[str, list[Json]],
    pods: list[Json],
    *,
    has_network: bool,
    may_bind_low: bool,
    leaving: frozenset[str] = frozenset(),
    api: tuple[str, int] = ("", 0),
    generation: int = 0,
) -> ServiceTable:
    """Return the proxy's whole table; `slices` maps `namespace/service` to its EndpointSlices."""
    listeners: dict[tuple[str, str, int, str], Listener] = {}
    names: dict[str, list[str]] = {}
    ports: dict[str, list[tuple[str, int]]] = {}
    for service in services:
        key = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        own = slices.get(key, [])
        for listener in _service_listeners(service, own, has_network, may_bind_low, leaving):
            listeners.setdefault((listener.side, listener.ip, listener.port, listener.protocol), listener)
        _add_names(service, own, names, ports)
    if api[1]:
        _add_api(api, has_network, listeners, names)
    for pod in pods:
        for listener in _host_ports(pod, has_network):
            listeners.setdefault((listener.side, listener.ip, listener.port, listener.protocol), listener)
    return ServiceTable(generation, tuple(listeners.values()), names, ports)


def _add_api(
    api: tuple[str, int], has_network: bool, listeners: dict[tuple[str, str, int, str], Listener], names: dict[str, list[str]]
) -> None:
    """The `kubernetes` Service reaches the API server of this machine, whatever its endpoints say."""
    if has_network:
        target = Endpoint(api[0], api[1], "host")
        listener = Listener("node", KUBERNETES_IP, KUBERNETES_PORT, "TCP", "default/kubernetes:443", (target,))
        listeners["node", KUBERNETES_IP, KUBERNETES_PORT, "TCP"] = listener
    names.setdefault("kubernetes.default.svc", [KUBERNETES_IP])


def _service_listeners(
    service: Json, slices: list[Json], has_network: bool, may_bind_low: bool, leaving: frozenset[str]
) -> list[Listener]:
    spec = service.get("spec") or {}
    ip = str(spec.get("clusterIP") or "")
    if ip in {"", "None"} or ":" in ip or spec.get("type") == "ExternalName":
        return []
    is_sticky = spec.get("sessionAffinity") == "ClientIP"
    label = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
    made = []
    for port in spec.get("ports") or []:
        protocol = str(port.get("protocol") or "TCP")
        if protocol not in {"TCP", "UDP"}:
            continue
        number, name = int(port["port"]), str(port.get("name") or "")
        targets = ready_endpoints(slices, name, has_network, leaving)
        places: list[tuple[Side, str, int]] = []
        if has_network:
            places.append(("node", ip, number))
        try:
            places.append(("host", *host_address(ip, number, may_bind_low)))
        except ValueError:
            pass
        if port.get("nodePort"):
            places.append(("host", "127.0.0.1", int(port["nodePort"])))
        made += [Listener(side, at, where, protocol, f"{label}:{number}", targets, is_sticky) for side, at, where in places]
    return made


def _host_ports(pod: Json, has_network: bool) -> list[Listener]:
    ip = str((pod.get("status") or {}).get("podIP") or "")
    if not ip or pod["spec"].get("hostNetwork") or not has_network:
        return []
    made = []
    for container in [*(pod["spec"].get("containers") or []), *(pod["spec"].get("initContainers") or [])]:
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                at = str(port.get("hostIP") or "127.0.0.1")
                target = Endpoint(ip, int(port["containerPort"]), side_of(ip, has_network))
                label = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}:hostPort"
                place = "127.0.0.1" if at == "0.0.0.0" else at
                made.append(Listener("host", place, int(port["hostPort"]), str(port.get("protocol") or "TCP"), label, (target,)))
    return made


def _add_names(service: Json, slices: list[Json], names: dict[str, list[str]], ports: dict[str, list[tuple[str, int]]]) -> None:
    spec, metadata = service.get("spec") or {}, service["metadata"]
    base = f"{metadata['name']}.{metadata['namespace']}.svc"
    ip = str(spec.get("clusterIP") or "")
    if spec.get("type") == "ExternalName":
        return
    if ip not in {"", "None"}:
        names[base] = [ip]
        for port in spec.get("ports") or []:
            if port.get("name"):
                label = f"_{port['name']}._{str(port.get('protocol') or 'TCP').lower()}.{base}"
                ports[label] = [(base, int(port["port"]))]
        return
    names[base] = []
    show_unready = bool(spec.get("publishNotReadyAddresses"))
    for piece in slices:
        for endpoint in piece.get("endpoints") or []:
            if (endpoint.get("conditions") or {}).get("ready") is False and not show_unready:
                continue
            for address in endpoint.get("addresses") or []:
                _add_headless(base, endpoint, str(address), piece.get("ports") or [], names, ports)


def _add_headless(
    base: str,
    endpoint: Json,
    address: str,
    slice_ports: list[Json],
    names: dict[str, list[str]],
    ports: dict[str, list[tuple[str, int]]],
) -> None:
    if address not in names[base]:
        names[base].append(address)
    host = f"{endpoint.get('hostname') or address.replace('.', '-')}.{base}"
    names[host] = [address]
    for port in slice_ports:
        if port.get("name") and port.get("port"):
            label = f"_{port['name']}._{str(port.get('protocol') or 'TCP').lower()}.{base}"
            ports.setdefault(label, []).append((host, int(port["port"])))
