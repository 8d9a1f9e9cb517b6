"""Volumes in the graph: a Pod's node reads the volume of its claim, and the Secret that mounts it."""

from __future__ import annotations

from typing import Any

from pilothouse.cluster.apiserver.authz.graph import NodeGraph
from tests.unit.cluster.apiserver.driver import POD, Driver, serve

CLAIMS = "/api/v1/namespaces/ns/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"


def volume(name: str, claim: str) -> dict[str, Any]:
    secret = {"name": f"key-{name}", "namespace": "storage"}
    source = {"driver": "d", "volumeHandle": name, "nodeStageSecretRef": secret}
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "csi": source}
    return {"metadata": {"name": name}, "spec": {**spec, "claimRef": {"namespace": "ns", "name": claim}}}


def test_a_volume_and_its_secret_follow_the_claim() -> None:
    async def test(driver: Driver) -> None:
        await driver.namespace("ns")
        graph = NodeGraph(driver.server.backend)
        assert not graph.reaches("a", "persistentvolumes", "", "one")
        await driver.ok("POST", VOLUMES, volume("one", "data"))
        await driver.ok("POST", VOLUMES, volume("two", "other"))
        claims = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        scratch = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        claims.append({"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": scratch}}})
        await driver.ok(
            "POST", "/api/v1/namespaces/ns/pods", {**POD, "spec": {**POD["spec"], "nodeName": "a", "volumes": claims}}
        )
        known = [("persistentvolumeclaims", "ns", "data"), ("persistentvolumeclaims", "ns", "p-e"), ("pods", "ns", "p"),
                 ("persistentvolumes", "", "one"), ("secrets", "storage", "key-one"),
                 ("serviceaccounts", "ns", "default")]  # fmt: skip
        assert all(graph.reaches("a", *wanted) for wanted in known)
        assert not any(graph.reaches("b", *wanted) for wanted in known)
        strange = [("persistentvolumes", "", "two"), ("secrets", "storage", "key-two"), ("secrets", "ns", "key-one")]
        assert not any(graph.reaches("a", *wanted) for wanted in strange)
        await driver.ok("DELETE", f"{VOLUMES}/one")
        await driver.ok("DELETE", "/api/v1/namespaces/ns/pods/p", query={"gracePeriodSeconds": "0"})
        assert not any(graph.reaches("a", *wanted) for wanted in known)

    serve(test)


def test_attachments_and_slices_name_their_node() -> None:
    async def test(driver: Driver) -> None:
        spec = {"attacher": "d", "nodeName": "a", "source": {"persistentVolumeName": "one"}}
        path = "/apis/storage.k8s.io/v1/volumeattachments"
        await driver.ok("POST", path, {"metadata": {"name": "att"}, "spec": spec})
        graph = NodeGraph(driver.server.backend)
        assert graph.reaches("a", "volumeattachments", "", "att") and not graph.reaches("b", "volumeattachments", "", "att")
        assert not graph.reaches("a", "resourceslices", "", "none")

    serve(test)
