"""What a node agent may write: a real server, asked as `system:node:a`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pilothouse.wire.http.messages import Peer
from tests.unit.cluster.apiserver.driver import MERGE, POD, Driver, serve

NODE = Peer("test", "system:node:a", ("system:nodes",))
PODS = "/api/v1/namespaces/ns/pods"
CONTAINER = {"name": "c", "image": "nginx"}


def pod(name: str, node: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [CONTAINER], "nodeName": node, **spec}}


def run(test: Callable[[Driver], Awaitable[None]]) -> None:
    """Run a test against a server with the nodes a and b and a Pod on each."""

    async def prepared(driver: Driver) -> None:
        await driver.namespace("ns")
        for node in "ab":
            await driver.ok("POST", "/api/v1/nodes", {"metadata": {"name": node, "labels": {"team": "x"}}})
            await driver.ok("POST", PODS, pod(f"on-{node}", node))
        await test(driver)

    serve(prepared)


async def ask(driver: Driver, method: str, path: str, body: Any = None) -> tuple[int, str]:
    headers = {"content-type": MERGE} if method == "PATCH" else {}
    status, value = await driver.call(method, path, body, peer=NODE, headers=headers)
    return status, value.get("message", "")


def test_a_node_changes_itself_and_no_other() -> None:
    async def test(driver: Driver) -> None:
        patch = {"metadata": {"annotations": {"seen": "1"}}}
        assert (await ask(driver, "PATCH", "/api/v1/nodes/a", patch))[0] == 200
        assert (await ask(driver, "PATCH", "/api/v1/nodes/a/status", {"status": {"phase": "Running"}}))[0] == 200
        for path in ("/api/v1/nodes/b", "/api/v1/nodes/b/status"):
            status, message = await ask(driver, "PATCH", path, patch)
            assert status == 403 and 'node "a" is not allowed to modify node "b"' in message
        assert (await ask(driver, "POST", "/api/v1/nodes", {"metadata": {"name": "c"}}))[0] == 403
        assert (await ask(driver, "DELETE", "/api/v1/nodes/a"))[0] == 403
        assert "modify taints" in (await ask(driver, "PATCH", "/api/v1/nodes/a", {"spec": {"taints": [TAINT]}}))[1]

    run(test)


TAINT = {"key": "k", "effect": "NoSchedule"}


@pytest.mark.parametrize(
    ("label", "is_free"),
    [
        ("zone", True), ("example.com/x", True), ("topology.kubernetes.io/zone", True), ("node.kubernetes.io/pool", True),
        ("kubelet.kubernetes.io/x", True), ("kubernetes.io/hostname", True), ("node-restriction.kubernetes.io/x", False),
        ("a.node-restriction.kubernetes.io/x", False), ("node-role.kubernetes.io/control-plane", False), ("k8s.io/x", False),
        ("evil.k8s.io/x", False),
    ],
)  # fmt: skip
def test_labels_that_steer_work_are_not_for_the_node(label: str, is_free: bool) -> None:
    async def test(driver: Driver) -> None:
        status, message = await ask(driver, "PATCH", "/api/v1/nodes/a", {"metadata": {"labels": {label: "1"}}})
        assert status == (200 if is_free else 403), message
        await driver.ok("DELETE", "/api/v1/nodes/a")
        status, message = await ask(driver, "POST", "/api/v1/nodes", {"metadata": {"name": "a", "labels": {label: "1"}}})
        assert status == (201 if is_free else 403), message

    run(test)


def test_a_node_reports_on_and_removes_its_own_pods_only() -> None:
    async def test(driver: Driver) -> None:
        report = {"status": {"phase": "Running"}}
        assert (await ask(driver, "PATCH", f"{PODS}/on-a/status", report))[0] == 200
        assert (await ask(driver, "PATCH", f"{PODS}/on-b/status", report))[0] == 403
        relabel = {"metadata": {"labels": {"app": "x"}}}
        assert "update labels" in (await ask(driver, "PATCH", f"{PODS}/on-a/status", relabel))[1]
        assert (await ask(driver, "PATCH", f"{PODS}/on-a", relabel))[0] == 403
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "on-b"}}
        assert (await ask(driver, "POST", f"{PODS}/on-b/eviction", eviction))[0] == 403
        assert (await ask(driver, "DELETE", f"{PODS}/on-b"))[0] == 403
        assert (await ask(driver, "DELETE", PODS))[0] == 403
        assert (await ask(driver, "DELETE", f"{PODS}/on-a"))[0] == 200

    run(test)


def test_a_node_makes_mirror_pods_of_its_own_that_refer_to_nothing() -> None:
    async def test(driver: Driver) -> None:
        uid = (await driver.ok("GET", "/api/v1/nodes/a"))["metadata"]["uid"]
        owner = {"apiVersion": "v1", "kind": "Node", "name": "a", "uid": uid, "controller": True}

        def mirror(name: str, node: str = "a", owners: Any = (owner,), **spec: Any) -> dict[str, Any]:
            found = pod(name, node, **spec)
            note = {"kubernetes.io/config.mirror": "hash"}
            found["metadata"] |= {"annotations": note, "ownerReferences": list(owners)}
            return found

        env = [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
        refused = [
            POD, pod("plain", "a"), mirror("m", "b"), mirror("m", owners=()), mirror("m", owners=[{**owner, "uid": "other"}]),
            mirror("m", owners=[{**owner, "controller": False}]), mirror("m", owners=[{**owner, "name": "b"}]),
            mirror("m", owners=[{**owner, "blockOwnerDeletion": True}]), mirror("m", serviceAccountName="default"),
            mirror("m", containers=[{**CONTAINER, "env": env}]), mirror("m", imagePullSecrets=[{"name": "s"}]),
            mirror("m", volumes=[{"name": "v", "configMap": {"name": "c"}}]),
            mirror("m", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
            mirror("m", volumes=[{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]),
        ]  # fmt: skip
        for body in refused:
            assert (await ask(driver, "POST", PODS, body))[0] == 403, body
        status, message = await ask(driver, "POST", PODS, mirror("static"))
        assert status == 201, message

    run(test)


def test_leases_and_tokens_are_its_own() -> None:
    async def test(driver: Driver) -> None:
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        assert (await ask(driver, "POST", leases, {"metadata": {"name": "b"}}))[0] == 403
        assert (await ask(driver, "POST", leases, {"metadata": {"name": "a"}}))[0] == 201
        assert (await ask(driver, "POST", "/apis/storage.k8s.io/v1/csinodes", {"metadata": {"name": "b"}}))[0] == 403
        path = "/api/v1/namespaces/ns/serviceaccounts/default/token"
        uid = {node: (await driver.ok("GET", f"{PODS}/on-{node}"))["metadata"]["uid"] for node in "ab"}

        def bound(name: str, uid: str) -> dict[str, Any]:
            return {"spec": {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": name, "uid": uid}}}

        for body in ({"spec": {}}, bound("on-b", uid["b"]), bound("on-a", "other"), bound("on-a", "")):
            assert (await ask(driver, "POST", path, body))[0] == 403, body
        assert (await ask(driver, "POST", path, bound("on-a", uid["a"])))[0] == 201

    run(test)


def test_a_claims_status_is_all_it_changes() -> None:
    async def test(driver: Driver) -> None:
        claims = "/api/v1/namespaces/ns/persistentvolumeclaims"
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        await driver.ok("POST", claims, {"metadata": {"name": "data"}, "spec": spec})
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        await driver.ok("POST", PODS, pod("user", "a", volumes=volumes))
        status, message = await ask(driver, "PATCH", f"{claims}/data/status", {"status": {"capacity": {"storage": "1Gi"}}})
        assert status == 200, message
        assert (await ask(driver, "PATCH", f"{claims}/data/status", {"metadata": {"labels": {"a": "b"}}}))[0] == 403
        assert (await ask(driver, "PATCH", f"{claims}/data", {"metadata": {"labels": {"a": "b"}}}))[0] == 403

    run(test)
