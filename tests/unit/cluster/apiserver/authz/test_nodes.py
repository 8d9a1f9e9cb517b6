"""What a node agent may read and ask for: a real server, asked as `system:node:a`."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.cluster.apiserver.authz.nodes import node_of
from pilothouse.cluster.apiserver.context import User
from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import Driver, serve

NODE = Peer("test", "system:node:a", ("system:nodes",))
CORE, PODS = "/api/v1/namespaces/ns", "/api/v1/namespaces/ns/pods"


def pod(name: str, node: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "nginx"}], "nodeName": node, **spec}}


async def status(driver: Driver, path: str, peer: Peer = NODE, **query: str) -> int:
    response = await driver.send("GET", path, peer=peer, query=query)
    await response.aclose()
    return response.status


async def prepare(driver: Driver) -> None:
    await driver.namespace("ns")
    for node in "ab":
        await driver.ok("POST", "/api/v1/nodes", {"metadata": {"name": node}})
        await driver.ok("POST", f"{CORE}/secrets", {"metadata": {"name": f"s-{node}"}})
        await driver.ok("POST", f"{CORE}/configmaps", {"metadata": {"name": f"c-{node}"}})
        volumes = [{"name": "s", "secret": {"secretName": f"s-{node}"}}, {"name": "c", "configMap": {"name": f"c-{node}"}}]
        await driver.ok("POST", PODS, pod(f"on-{node}", node, volumes=volumes))


def test_objects_of_its_pods_are_read_and_no_others() -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        for plural in ("secrets/s-", "configmaps/c-", "pods/on-"):
            assert await status(driver, f"{CORE}/{plural}a") == 200
            assert await status(driver, f"{CORE}/{plural}b") == 403
            assert await status(driver, f"{CORE}/{plural}none") == 403
        for path in (
            f"{CORE}/secrets",
            f"{CORE}/configmaps",
            PODS,
            "/api/v1/pods",
            "/api/v1/secrets",
            "/api/v1/nodes",
            "/api/v1/nodes/b",
        ):
            assert await status(driver, path) == 403, path
        assert await status(driver, f"{CORE}/secrets", fieldSelector="metadata.name=s-a") == 200
        assert await status(driver, f"{CORE}/secrets", fieldSelector="metadata.name=s-b") == 403
        assert await status(driver, "/api/v1/secrets", fieldSelector="metadata.name=s-a") == 403
        assert await status(driver, "/api/v1/nodes/a") == 200

    serve(test)


@pytest.mark.parametrize(
    ("selector", "wanted"),
    [
        ("spec.nodeName=a", 200), ("spec.nodeName==a", 200), ("spec.nodeName=a,status.phase!=Failed", 200),
        ("spec.nodeName=b", 403),
        ("spec.nodeName!=b", 403), ("status.phase=Running", 403), ("metadata.name=on-a", 403), ("", 403),
    ],
)  # fmt: skip
def test_pods_are_listed_by_node_only(selector: str, wanted: int) -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        assert await status(driver, "/api/v1/pods", fieldSelector=selector) == wanted

    serve(test)


def test_the_right_ends_with_the_pod() -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        assert await status(driver, f"{CORE}/secrets/s-a") == 200
        await driver.ok("POST", PODS, pod("second", "a", imagePullSecrets=[{"name": "s-a"}]))
        await driver.ok("DELETE", f"{PODS}/on-a", query={"gracePeriodSeconds": "0"})
        assert await status(driver, f"{CORE}/secrets/s-a") == 200
        await driver.ok("DELETE", f"{PODS}/second", query={"gracePeriodSeconds": "0"})
        assert await status(driver, f"{CORE}/secrets/s-a") == 403

    serve(test)


def test_who_is_not_both_named_and_grouped_is_no_node() -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        for peer in (Peer("t", "system:node:a"), Peer("t", "a", ("system:nodes",)), Peer("t", "system:node:", ("system:nodes",))):
            assert await status(driver, f"{CORE}/secrets/s-a", peer) == 403

    serve(test)
    assert node_of(User("system:node:a", "", ("system:nodes",))) == "a"
    assert node_of(User("system:node:a")) is None


def test_other_verbs_and_subresources_stay_closed() -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        for method, path in (
            ("PUT", f"{CORE}/secrets/s-a"), ("DELETE", f"{CORE}/secrets/s-a"), ("POST", f"{CORE}/secrets"),
            ("POST", f"{PODS}/on-a/exec"), ("GET", f"{PODS}/on-a/log"), ("POST", f"{PODS}/on-a/binding"),
            ("GET", "/api/v1/nodes/a/proxy"), ("GET", f"{CORE}/serviceaccounts/default/token"), ("DELETE", "/api/v1/nodes/a"),
            ("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"), ("GET", "/metrics"),
        ):  # fmt: skip
            assert (await driver.call(method, path, {}, peer=NODE))[0] == 403, (method, path)

    serve(test)


def test_reviews_and_server_side_apply_know_nodes() -> None:
    async def test(driver: Driver) -> None:
        await prepare(driver)
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        _, rules = await driver.call("POST", path, {"spec": {"namespace": "ns"}}, peer=NODE)
        assert rules["status"]["incomplete"] is True
        spec = {"resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": "ns", "name": "s-a"}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        asked = {**spec, "user": "system:node:a", "groups": ["system:nodes"]}
        assert (await driver.ok("POST", path, {"spec": asked}))["status"]["allowed"] is True
        assert (await driver.ok("POST", path, {"spec": {**asked, "user": "system:node:b"}}))["status"]["allowed"] is False
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "a"}}
        path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a"
        headers, query = {"content-type": "application/apply-patch+yaml"}, {"fieldManager": "agent"}
        assert (await driver.call("PATCH", path, lease, peer=NODE, headers=headers, query=query))[0] == 201

    serve(test)
