"""Writes the EndpointSlices of one Service: as few changes as make them what they should be."""

from __future__ import annotations

from pilothouse.api.meta import Tree, annotations_of, labels_of, name_of, namespace_of
from pilothouse.cluster.workloads.endpointslices import engine
from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.informer import Informer
from pilothouse.sdk.kinds import ENDPOINT_SLICE
from pilothouse.sdk.reconcile import Request


class SliceWriter:
    """The slices that one controller manages, told apart by its name in their labels."""

    def __init__(self, client: Client, slices: Informer, manager_name: str) -> None:
        """Write through `client`, and remember what was written in `slices`."""
        self._client, self._slices = client, slices
        self._index = f"service of {manager_name}"

        def by_service(slice_: Tree) -> list[str]:
            labels = labels_of(slice_)
            if labels.get(engine.MANAGED_BY) != manager_name:
                return []
            return [f"{namespace_of(slice_)}/{labels.get(engine.SERVICE_NAME, '')}"]

        slices.cache.add_index(self._index, by_service)

    def of(self, request: Request) -> list[Tree]:
        """Return the slices of a Service."""
        return self._slices.cache.by_index(self._index, f"{request.namespace}/{request.name}")

    async def write(self, wanted: list[Tree], existing: list[Tree], notes: dict[str, str]) -> None:
        """Create, change and delete until `existing` are `wanted`; `notes` are the annotations of what is written."""
        free = sorted(existing, key=name_of)
        for slice_ in wanted:
            match = next((found for found in free if (found.get("ports") or []) == slice_["ports"]), free[0] if free else None)
            if match is None:
                new = {**slice_, "metadata": {**slice_["metadata"], "annotations": notes}}
                self._slices.observe(await self._client.create(ENDPOINT_SLICE, _without_empty(new)))
                continue
            free.remove(match)
            if _differs(match, slice_):
                annotations = {**annotations_of(match), **notes}
                meta = {**match["metadata"], "labels": slice_["metadata"]["labels"], "annotations": annotations}
                new = {**match, **slice_, "metadata": meta}
                self._slices.observe(await self._client.replace(ENDPOINT_SLICE, _without_empty(new)))
        await self.delete(free)

    async def delete(self, slices: list[Tree]) -> None:
        """Delete slices; those that are gone already are no error."""
        for slice_ in slices:
            try:
                await self._client.delete(ENDPOINT_SLICE, name_of(slice_), namespace_of(slice_))
            except NotFound:
                continue


def service_of(slice_: Tree) -> list[Request]:
    """Return the Service a slice belongs to."""
    name = labels_of(slice_).get(engine.SERVICE_NAME)
    return [Request(namespace_of(slice_), name)] if name else []


def _without_empty(slice_: Tree) -> Tree:
    """Leave out empty lists, so that nobody owns them."""
    return {key: value for key, value in slice_.items() if value != []}


def _differs(existing: Tree, wanted: Tree) -> bool:
    return (
        (existing.get("endpoints") or []) != wanted["endpoints"]
        or (existing.get("ports") or []) != wanted["ports"]
        or labels_of(existing) != labels_of(wanted)
    )
