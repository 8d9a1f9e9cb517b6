"""Endpoints somebody wrote become slices, follow their changes and go with them."""

from __future__ import annotations

import asyncio
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.cluster.workloads.endpointslices.mirroring import EndpointSliceMirroring
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from pilothouse.testing.controlplane import control_plane

META = {"name": "db", "namespace": "default"}
SUBSET = {"addresses": [{"ip": "10.1.2.3"}], "notReadyAddresses": [{"ip": "10.1.2.4"}], "ports": [{"name": "sql", "port": 5432}]}


async def slices(client: Client, ready: Any) -> list[Tree]:
    while True:
        found = list(await client.list(ENDPOINT_SLICE, "default", labels="kubernetes.io/service-name=db"))
        if ready(found):
            return found
        await asyncio.sleep(0.01)


def test_written_changed_and_deleted() -> None:
    async def run() -> None:
        async with control_plane() as manager, asyncio.timeout(20):
            client = manager.client
            EndpointSliceMirroring(manager)
            await manager.start()
            await client.create(
                SERVICE, {"apiVersion": "v1", "kind": "Service", "metadata": META, "spec": {"ports": [{"port": 5432}]}}
            )
            labelled = {**META, "labels": {"own": "yes"}, "annotations": {"note": "kept"}}
            made = await client.create(
                ENDPOINTS, {"apiVersion": "v1", "kind": "Endpoints", "metadata": labelled, "subsets": [SUBSET]}
            )
            (found,) = await slices(client, bool)
            assert found["metadata"]["labels"] == {
                "own": "yes",
                "kubernetes.io/service-name": "db",
                "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
            }
            assert found["metadata"]["annotations"]["note"] == "kept"
            assert found["metadata"]["ownerReferences"][0]["kind"] == "Endpoints"
            assert [(item["addresses"], item["conditions"]["ready"]) for item in found["endpoints"]] == [
                (["10.1.2.3"], True),
                (["10.1.2.4"], False),
            ]
            assert found["ports"] == [{"name": "sql", "port": 5432, "protocol": "TCP"}]
            changed = {**made, "subsets": [{**SUBSET, "addresses": [{"ip": "10.2.3.4"}]}]}
            await client.replace(ENDPOINTS, changed)
            await slices(client, lambda found: found and found[0]["endpoints"][0]["addresses"] == ["10.2.3.4"])
            await client.delete(ENDPOINTS, "db", "default")
            await slices(client, lambda found: not found)

    asyncio.run(run())
