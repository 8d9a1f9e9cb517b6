"""Keeps EndpointSlices and Endpoints of Services with a selector."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, annotations_of, is_deleting, labels_of, metadata, name_of, namespace_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.endpointslices import engine
from pilothouse.cluster.workloads.endpointslices.slices import SliceWriter, service_of
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.cache import LABELS, by_label
from pilothouse.sdk.kinds import ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"

_SELECTOR = "selector"


def _by_selector(service: Tree) -> list[str]:
    """Index function: one label that the Pods of a Service have, as `by_label` writes it."""
    selector = (service.get("spec") or {}).get("selector") or {}
    first = dict(sorted(selector.items())[:1])
    return by_label({"metadata": {"namespace": namespace_of(service), "labels": first}})


class EndpointSliceController:
    """Reconciles Services into their slices."""

    def __init__(self, manager: Manager) -> None:
        """Watch Services, Pods and slices."""
        self._client = manager.client.named(MANAGER)
        self._services = manager.informer(SERVICE)
        self._services.cache.add_index(_SELECTOR, _by_selector)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index(LABELS, by_label)
        slices = manager.informer(ENDPOINT_SLICE)
        self._writer = SliceWriter(self._client, slices, engine.CONTROLLER_NAME)
        self._endpoints = manager.informer(ENDPOINTS)
        controller = manager.controller("endpointslice", self.reconcile)
        controller.watch(self._services)
        controller.watch(self._pods, self._services_of)
        controller.watch(slices, service_of)
        controller.watch(self._endpoints, lambda _: ())

    def _services_of(self, pod: Tree) -> Iterable[Request]:
        for term in by_label(pod):
            for service in self._services.cache.by_index(_SELECTOR, term):
                if service["spec"]["selector"].items() <= labels_of(pod).items():
                    yield Request(namespace_of(pod), name_of(service))

    async def reconcile(self, request: Request) -> Result | None:
        """Write the endpoints of one Service."""
        service = self._services.cache.get(request.name, request.namespace)
        existing = self._writer.of(request)
        if service is None or is_deleting(service):
            await self._writer.delete(existing)
            await self._delete_endpoints(request)
            return None
        if not service["spec"].get("selector"):
            return None
        pods = self._pods.cache.selected(request.namespace, service["spec"]["selector"])
        previous = max((annotations_of(slice_).get(TRIGGER, "") for slice_ in existing), default="")
        times = {TRIGGER: engine.trigger_time(service, pods, previous)}
        await self._writer.write(engine.plan_slices(service, pods), existing, times)
        await self._write_endpoints(engine.plan_endpoints(service, pods))
        return None

    async def _write_endpoints(self, wanted: Tree) -> None:
        existing = self._endpoints.cache.get(name_of(wanted), namespace_of(wanted))
        if existing is None:
            try:
                await self._client.create(ENDPOINTS, wanted)
            except AlreadyExists:
                return
        elif (existing.get("subsets") or []) != wanted["subsets"]:
            meta = {**existing["metadata"], "labels": metadata(wanted)["labels"]}
            self._endpoints.observe(await self._client.replace(ENDPOINTS, {**wanted, "metadata": meta}))

    async def _delete_endpoints(self, request: Request) -> None:
        existing = self._endpoints.cache.get(request.name, request.namespace)
        if existing is None or "endpoints.kubernetes.io/managed-by" not in labels_of(existing):
            return
        try:
            await self._client.delete(ENDPOINTS, request.name, request.namespace)
        except NotFound:
            return
