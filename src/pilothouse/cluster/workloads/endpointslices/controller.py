"""Keeps EndpointSlices and Endpoints of Services with a selector."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, annotations_of, is_deleting, labels_of, metadata, name_of, namespace_of
from pilothouse.cluster.workloads import MANAGER
from pilothouse.cluster.workloads.endpointslices import engine
from pilothouse.kit.errors import AlreadyExists, NotFound
from pilothouse.sdk.cache import by_namespace
from pilothouse.sdk.kinds import ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE
from pilothouse.sdk.manager import Manager
from pilothouse.sdk.reconcile import Request, Result

TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointSliceController:
    """Reconciles Services into their slices."""

    def __init__(self, manager: Manager) -> None:
        """Watch Services, Pods and slices."""
        self._client = manager.client.named(MANAGER)
        self._services = manager.informer(SERVICE)
        self._services.cache.add_index("namespace", by_namespace)
        self._pods = manager.informer(POD)
        self._pods.cache.add_index("namespace", by_namespace)
        self._slices = manager.informer(ENDPOINT_SLICE)
        self._slices.cache.add_index("service", _by_service)
        self._endpoints = manager.informer(ENDPOINTS)
        controller = manager.controller("endpointslice", self.reconcile)
        controller.watch(self._services)
        controller.watch(self._pods, self._services_of)
        controller.watch(self._slices, _service_of)
        controller.watch(self._endpoints, lambda _: ())

    def _services_of(self, pod: Tree) -> Iterable[Request]:
        labels = labels_of(pod)
        for service in self._services.cache.by_index("namespace", namespace_of(pod)):
            selector = service["spec"].get("selector")
            if selector and selector.items() <= labels.items():
                yield Request(namespace_of(pod), name_of(service))

    async def reconcile(self, request: Request) -> Result | None:
        """Write the endpoints of one Service."""
        service = self._services.cache.get(request.name, request.namespace)
        existing = self._slices.cache.by_index("service", f"{request.namespace}/{request.name}")
        if service is None or is_deleting(service):
            for leftover in existing:
                await self._delete_slice(leftover)
            await self._delete_endpoints(request)
            return None
        if not service["spec"].get("selector"):
            return None
        pods = self._pods.cache.by_index("namespace", request.namespace)
        previous = max((annotations_of(slice_).get(TRIGGER, "") for slice_ in existing), default="")
        times = {TRIGGER: engine.trigger_time(service, pods, previous)}
        await self._write_slices(engine.plan_slices(service, pods), existing, times)
        await self._write_endpoints(engine.plan_endpoints(service, pods))
        return None

    async def _write_slices(self, wanted: list[Tree], existing: list[Tree], notes: dict[str, str]) -> None:
        free = sorted(existing, key=name_of)
        for slice_ in wanted:
            match = next((found for found in free if found.get("ports") == slice_["ports"]), free[0] if free else None)
            if match is None:
                new = {**slice_, "metadata": {**slice_["metadata"], "annotations": notes}}
                self._slices.observe(await self._client.create(ENDPOINT_SLICE, new))
                continue
            free.remove(match)
            if _differs(match, slice_):
                annotations = {**annotations_of(match), **notes}
                meta = {**match["metadata"], "labels": slice_["metadata"]["labels"], "annotations": annotations}
                self._slices.observe(await self._client.replace(ENDPOINT_SLICE, {**match, **slice_, "metadata": meta}))
        for leftover in free:
            await self._delete_slice(leftover)

    async def _delete_slice(self, slice_: Tree) -> None:
        try:
            await self._client.delete(ENDPOINT_SLICE, name_of(slice_), namespace_of(slice_))
        except NotFound:
            return

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


def _differs(existing: Tree, wanted: Tree) -> bool:
    return (
        (existing.get("endpoints") or []) != wanted["endpoints"]
        or (existing.get("ports") or []) != wanted["ports"]
        or labels_of(existing) != labels_of(wanted)
    )


def _by_service(slice_: Tree) -> list[str]:
    labels = labels_of(slice_)
    if labels.get(engine.MANAGED_BY) != engine.CONTROLLER_NAME:
        return []
    return [f"{namespace_of(slice_)}/{labels.get(engine.SERVICE_NAME, '')}"]


def _service_of(slice_: Tree) -> list[Request]:
    name = labels_of(slice_).get(engine.SERVICE_NAME)
    return [Request(namespace_of(slice_), name)] if name else []
