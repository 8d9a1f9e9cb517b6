"""Where a Service is reached from this process: the server behind a webhook or an aggregated API.

Called for each outgoing call that names a Service instead of a URL. With a node agent in the platform every Service has an
address on the machine, given by `Backend.service_route`; without one a ready endpoint is called directly.
"""

from __future__ import annotations

from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Obj
from pilothouse.kit.errors import Unavailable

SERVICE_LABEL = "kubernetes.io/service-name"
_ROUTABLE = frozenset(("", "ClusterIP", "NodePort", "LoadBalancer"))


def resolve(backend: Backend, namespace: str, name: str, port: int) -> tuple[str, int]:
    """Return (address, port) of a server behind a Service port; raises `Unavailable` worded as the reference server does."""
    service = backend.look("", "services", namespace, name)
    if service is None:
        raise Unavailable(f'service "{name}" not found')
    spec = service.get("spec") or {}
    kind = spec.get("type", "")
    if kind not in _ROUTABLE:
        raise Unavailable(f'unsupported service type "{kind}"')
    found = service_port(service, port)
    if found is None:
        raise Unavailable(f'no service port {port} found for service "{name}"')
    ready = ready_endpoints(backend, namespace, name, found.get("name", ""))
    if not ready:
        raise Unavailable(f'no endpoints available for service "{name}"')
    address = spec.get("clusterIP", "")
    if backend.service_route is not None and address not in ("", "None"):
        return backend.service_route(address, port)
    return ready[backend.entropy.randrange(len(ready))] if len(ready) > 1 else ready[0]


def service_port(service: Obj, port: int) -> Obj | None:
    """Return the port of a Service by number, or None."""
    for found in (service.get("spec") or {}).get("ports") or ():
        if found.get("port") == port:
            result: Obj = found
            return result
    return None


def slices_of(backend: Backend, namespace: str, name: str) -> list[Obj]:
    """Return the EndpointSlices of a Service."""
    items = backend.all_of("discovery.k8s.io", "endpointslices", namespace)
    return [item.object for item in items if item.labels.get(SERVICE_LABEL) == name]


def ready_endpoints(backend: Backend, namespace: str, name: str, port_name: str) -> list[tuple[str, int]]:
    """Return the (address, port) of every ready endpoint of a Service port."""
    out: list[tuple[str, int]] = []
    for piece in slices_of(backend, namespace, name):
        ports = [port["port"] for port in piece.get("ports") or () if (port.get("name") or "") == port_name and port.get("port")]
        for endpoint in piece.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is not False and endpoint.get("addresses"):
                out += [(endpoint["addresses"][0], port) for port in ports]
    return out
