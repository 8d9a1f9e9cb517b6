"""Mirrors the Endpoints somebody wrote for a Service without selector into EndpointSlices, which is what proxies read."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, is_deleting
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.endpointslices.engine import MIRROR_NAME, is_mirrored, plan_mirror
from pilothouse.cluster.workloads.endpointslices.slices import SliceWriter, service_of
from pilothouse.sdk.kinds import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time")


class EndpointSliceMirroring:
    """Reconciles Endpoints into slices."""

    def __init__(self, manager: Manager) -> None:
        """Watch Services, Endpoints and slices."""
        self._services = manager.informer(SERVICE)
        self._endpoints = manager.informer(ENDPOINTS)
        slices = manager.informer(ENDPOINT_SLICE)
        self._writer = SliceWriter(manager.client.named(MANAGER), slices, MIRROR_NAME)
        controller = manager.controller("endpointslicemirroring", self.reconcile)
        controller.watch(self._services)
        controller.watch(self._endpoints)
        controller.watch(slices, service_of)

    async def reconcile(self, request: Request) -> Result | None:
        """Write the slices of one Endpoints object, or take them away."""
        existing = self._writer.of(request)
        service = self._services.cache.get(request.name, request.namespace)
        endpoints = self._endpoints.cache.get(request.name, request.namespace)
        if service is None or endpoints is None or is_deleting(endpoints) or not is_mirrored(service, endpoints):
            await self._writer.delete(existing)
            return None
        await self._writer.write(plan_mirror(endpoints), existing, _notes(endpoints))
        return None


def _notes(endpoints: Tree) -> dict[str, str]:
    return {key: value for key, value in annotations_of(endpoints).items() if key not in _NOT_COPIED}
