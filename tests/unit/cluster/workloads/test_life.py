"""The other workloads on a whole cluster in process: from creation to deletion."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pilothouse.api.meta import Tree
from pilothouse.kit.errors import NotFound
from pilothouse.sdk import kinds
from pilothouse.sdk.client import Client
from pilothouse.testing.controlplane import cluster

TEMPLATE = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "app:1"}]}}
SELECTOR = {"matchLabels": {"app": "a"}}


def tree(kind: kinds.Kind, name: str, spec: dict[str, Any], **meta: Any) -> Tree:
    metadata = {"name": name, **({"namespace": "default"} if kind.is_namespaced else {}), **meta}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec}


async def until(client: Client, kind: kinds.Kind, name: str, condition: Callable[[Tree], bool]) -> Tree:
    namespace = "default" if kind.is_namespaced else ""
    found: Tree = {}
    try:
        async with asyncio.timeout(15):
            while True:
                found = await client.get(kind, name, namespace)
                if condition(found):
                    return found
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"{kind.kind} {name} stays at {found}")


async def until_gone(client: Client, kind: kinds.Kind, namespace: str = "default") -> None:
    async with asyncio.timeout(15):
        while await client.list(kind, namespace):
            await asyncio.sleep(0.01)


def on_a_cluster(tmp_path: Path, story: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with cluster(tmp_path) as manager:
            await story(manager.client)

    asyncio.run(run())


def test_stateful_set_with_claims(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        claim = {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
        spec = {"serviceName": "db", "replicas": 2, "selector": SELECTOR, "template": TEMPLATE, "volumeClaimTemplates": [claim]}
        await client.create(kinds.STATEFUL_SET, tree(kinds.STATEFUL_SET, "db", spec))
        await until(client, kinds.STATEFUL_SET, "db", lambda t: (t.get("status") or {}).get("availableReplicas") == 2)
        pods = {pod["metadata"]["name"]: pod for pod in await client.list(kinds.POD, "default")}
        assert set(pods) == {"db-0", "db-1"}
        bound = await until(
            client, kinds.PERSISTENT_VOLUME_CLAIM, "data-db-0", lambda t: (t.get("status") or {}).get("phase") == "Bound"
        )
        volume = await client.get(kinds.PERSISTENT_VOLUME, bound["spec"]["volumeName"])
        assert Path(volume["spec"]["hostPath"]["path"]).is_dir()
        await client.delete(kinds.STATEFUL_SET, "db", "default")
        await until_gone(client, kinds.POD)
        assert len(await client.list(kinds.PERSISTENT_VOLUME_CLAIM, "default")) == 2, "claims outlive their set"
        await client.delete(kinds.PERSISTENT_VOLUME_CLAIM, "data-db-0", "default")
        async with asyncio.timeout(10):
            while Path(volume["spec"]["hostPath"]["path"]).exists():
                await asyncio.sleep(0.01)

    on_a_cluster(tmp_path, story)


def test_daemon_set(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.create(kinds.DAEMON_SET, tree(kinds.DAEMON_SET, "agent", {"selector": SELECTOR, "template": TEMPLATE}))
        done = await until(client, kinds.DAEMON_SET, "agent", lambda t: (t.get("status") or {}).get("numberReady") == 1)
        assert done["status"]["desiredNumberScheduled"] == 1
        new = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "app:2"}]}}}}
        await client.patch(kinds.DAEMON_SET, "agent", "default", new, "strategic")
        await until(
            client, kinds.DAEMON_SET, "agent",
            lambda t: t["status"].get("observedGeneration") == 2 and t["status"].get("updatedNumberScheduled") == 1,
        )  # fmt: skip
        (pod,) = [pod for pod in await client.list(kinds.POD, "default") if not pod["metadata"].get("deletionTimestamp")]
        assert pod["spec"]["containers"][0]["image"] == "app:2"

    on_a_cluster(tmp_path, story)


def test_orphans_are_kept_and_adopted(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        spec = {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}
        await client.create(kinds.REPLICA_SET, tree(kinds.REPLICA_SET, "one", spec))
        await until(client, kinds.REPLICA_SET, "one", lambda t: (t.get("status") or {}).get("readyReplicas") == 2)
        before = {pod["metadata"]["uid"] for pod in await client.list(kinds.POD, "default")}
        await client.delete(kinds.REPLICA_SET, "one", "default", propagation="Orphan")
        await until_gone(client, kinds.REPLICA_SET)
        assert not any(pod["metadata"].get("ownerReferences") for pod in await client.list(kinds.POD, "default"))
        await client.create(kinds.REPLICA_SET, tree(kinds.REPLICA_SET, "two", spec))
        await until(client, kinds.REPLICA_SET, "two", lambda t: (t.get("status") or {}).get("readyReplicas") == 2)
        assert {pod["metadata"]["uid"] for pod in await client.list(kinds.POD, "default")} == before

    on_a_cluster(tmp_path, story)


def test_services_have_endpoints(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        port = {"port": 80, "targetPort": 8080}
        await client.create(kinds.SERVICE, tree(kinds.SERVICE, "web", {"selector": {"app": "a"}, "ports": [port]}))
        spec = {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}
        await client.create(kinds.REPLICA_SET, tree(kinds.REPLICA_SET, "one", spec))

        async def ready() -> int:
            slices = await client.list(kinds.ENDPOINT_SLICE, "default", labels="kubernetes.io/service-name=web")
            return sum(e["conditions"]["ready"] for s in slices for e in s.get("endpoints") or ())

        async with asyncio.timeout(10):
            while await ready() != 2:
                await asyncio.sleep(0.01)
        await client.delete(kinds.SERVICE, "web", "default")
        async with asyncio.timeout(10):
            while await client.list(kinds.ENDPOINT_SLICE, "default", labels="kubernetes.io/service-name=web"):
                await asyncio.sleep(0.01)

    on_a_cluster(tmp_path, story)


def test_namespaces_are_furnished_and_emptied(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.create(kinds.NAMESPACE, tree(kinds.NAMESPACE, "tmp", {}))
        async with asyncio.timeout(10):
            while True:
                try:
                    await client.get(kinds.SERVICE_ACCOUNT, "default", "tmp")
                    assert (await client.get(kinds.CONFIG_MAP, "kube-root-ca.crt", "tmp"))["data"]["ca.crt"] == "test"
                    break
                except NotFound:
                    await asyncio.sleep(0.01)
        config = tree(kinds.CONFIG_MAP, "held", {}, namespace="tmp", finalizers=["example.com/hold"])
        del config["spec"]
        await client.create(kinds.CONFIG_MAP, config)
        await client.delete(kinds.NAMESPACE, "tmp")
        held = await until(client, kinds.NAMESPACE, "tmp", lambda t: bool(t["status"].get("conditions")))
        conditions = {c["type"]: c for c in held["status"]["conditions"]}
        assert conditions["NamespaceFinalizersRemaining"]["status"] == "True"
        assert "example.com/hold" in conditions["NamespaceFinalizersRemaining"]["message"]
        await client.patch(kinds.CONFIG_MAP, "held", "tmp", {"metadata": {"finalizers": None}})
        async with asyncio.timeout(10):
            while any(n["metadata"]["name"] == "tmp" for n in await client.list(kinds.NAMESPACE)):
                await asyncio.sleep(0.02)

    on_a_cluster(tmp_path, story)


def test_unschedulable_pods_say_why_and_are_tried_again(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        spec = {"nodeSelector": {"disk": "ssd"}, "containers": [{"name": "c", "image": "app:1"}]}
        await client.create(kinds.POD, tree(kinds.POD, "picky", spec))
        waiting = await until(client, kinds.POD, "picky", lambda t: bool((t.get("status") or {}).get("conditions")))
        assert waiting["status"]["conditions"][0]["reason"] == "Unschedulable"
        assert "didn't match Pod's node affinity/selector" in waiting["status"]["conditions"][0]["message"]
        (node,) = await client.list(kinds.NODE)
        await client.patch(kinds.NODE, node["metadata"]["name"], "", {"metadata": {"labels": {"disk": "ssd"}}})
        await until(client, kinds.POD, "picky", lambda t: t["status"].get("phase") == "Running")

    on_a_cluster(tmp_path, story)


def test_a_replication_controller_keeps_its_pods(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        spec = {"replicas": 2, "selector": {"app": "a"}, "template": TEMPLATE}
        await client.create(kinds.REPLICATION_CONTROLLER, tree(kinds.REPLICATION_CONTROLLER, "old", spec))
        await until(client, kinds.REPLICATION_CONTROLLER, "old", lambda o: (o.get("status") or {}).get("readyReplicas") == 2)
        await client.patch(kinds.REPLICATION_CONTROLLER, "old", "default", {"spec": {"replicas": 1}})
        shown = await until(client, kinds.REPLICATION_CONTROLLER, "old", lambda o: o["status"]["replicas"] == 1)
        assert "terminatingReplicas" not in shown["status"]

    on_a_cluster(tmp_path, story)


def test_a_daemon_set_has_a_history(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.create(kinds.DAEMON_SET, tree(kinds.DAEMON_SET, "agent", {"selector": SELECTOR, "template": TEMPLATE}))
        await until(client, kinds.DAEMON_SET, "agent", lambda o: (o.get("status") or {}).get("observedGeneration") == 1)
        change = {"spec": {"template": {"metadata": {"annotations": {"v": "2"}}}}}
        await client.patch(kinds.DAEMON_SET, "agent", "default", change)
        await until(client, kinds.DAEMON_SET, "agent", lambda o: o["status"]["observedGeneration"] == 2)
        found = await client.list(kinds.CONTROLLER_REVISION, "default")
        assert sorted(each["revision"] for each in found) == [1, 2]

    on_a_cluster(tmp_path, story)
