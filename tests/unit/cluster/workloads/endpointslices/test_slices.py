"""As few writes as make slices what they should be."""

from __future__ import annotations

import asyncio

from pilothouse.cluster.workloads.endpointslices.slices import SliceWriter, service_of
from pilothouse.sdk.kinds import ENDPOINT_SLICE
from pilothouse.sdk.reconcile import Request
from pilothouse.testing.controlplane import control_plane

WHO = Request("default", "v")


def wanted(port: int, address: str) -> dict[str, object]:
    labels = {"kubernetes.io/service-name": "v", "endpointslice.kubernetes.io/managed-by": "test"}
    meta = {"namespace": "default", "generateName": "v-", "labels": labels}
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": port, "protocol": "TCP"}],
    }  # fmt: skip


def test_slices_are_kept_by_their_ports_changed_in_place_and_removed() -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            informer = manager.informer(ENDPOINT_SLICE)
            writer = SliceWriter(manager.client, informer, "test")
            manager.controller("test", lambda request: asyncio.sleep(0)).watch(informer, service_of)
            await manager.start()
            await writer.write([wanted(80, "10.0.0.1"), wanted(81, "10.0.0.1")], writer.of(WHO), {"n": "1"})
            first = {item["ports"][0]["port"]: item["metadata"] for item in writer.of(WHO)}
            await writer.write([wanted(80, "10.0.0.2"), wanted(81, "10.0.0.1")], writer.of(WHO), {"n": "2"})
            second = {item["ports"][0]["port"]: item["metadata"] for item in writer.of(WHO)}
            assert second[80]["name"] == first[80]["name"] and second[80]["annotations"]["n"] == "2"
            assert second[81]["resourceVersion"] == first[81]["resourceVersion"], "nothing changed, nothing written"
            await writer.write([wanted(81, "10.0.0.1")], writer.of(WHO), {})
            left = await manager.client.list(ENDPOINT_SLICE, "default", labels="kubernetes.io/service-name=v")
            assert [item["metadata"]["name"] for item in left] == [first[81]["name"]]
            await writer.delete(list(left))
            await writer.delete(list(left))

    asyncio.run(run())
