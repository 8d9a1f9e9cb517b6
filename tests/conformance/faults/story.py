"""A story of changes to workloads, and what a cluster looks like when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pilothouse.kit.errors import NotFound
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import (
    CONFIG_MAP,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    JOB,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)

NAME = "story"
VERSIONS = "versions"
WORKLOADS = (DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB, POD, ENDPOINT_SLICE)
State = dict[str, Any]


def template(app: str, image: str = "x:1", restart: str = "Always") -> State:
    spec = {"restartPolicy": restart, "containers": [{"name": "c", "image": image}]}
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


def workload(kind: Kind, name: str, **spec: Any) -> State:
    tree = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": NAME}}
    return {**tree, "spec": {"selector": {"matchLabels": {"app": name}}, "template": template(name), **spec}}


async def tell(client: Client, seen: Callable[[Callable[[State], bool]], Awaitable[State]]) -> None:
    """Make the changes, each when the one before has had its effect."""
    await client.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAME}})
    await seen(lambda state: state["accounts"] == 1)
    await client.create(DEPLOYMENT, workload(DEPLOYMENT, "web", replicas=3))
    await client.create(STATEFUL_SET, workload(STATEFUL_SET, "db", replicas=2, serviceName="db"))
    await client.create(DAEMON_SET, workload(DAEMON_SET, "agent"))
    service = {"metadata": {"name": "web", "namespace": NAME}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}
    await client.create(SERVICE, {"apiVersion": "v1", "kind": "Service", **service})
    await seen(lambda state: state["ready"] == {"web": 3, "db": 2, "agent": 1} and state["endpoints"] == 3)
    await client.patch(DEPLOYMENT, "web", NAME, {"spec": {"template": template("web", "x:2")}})
    await client.patch(STATEFUL_SET, "db", NAME, {"spec": {"replicas": 3}})
    await seen(lambda state: state["images"].get("web") == ["x:2"] * 3 and state["ready"].get("db") == 3)
    await client.patch(DEPLOYMENT, "web", NAME, {"spec": {"replicas": 1}})
    await client.delete(DAEMON_SET, "agent", NAME)
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": NAME}}
    await client.create(JOB, {**job, "spec": {"template": template("once", restart="Never")}})
    await seen(lambda state: state["ready"] == {"web": 1, "db": 3, "once": 1} and state["endpoints"] == 1)
    for pod in await client.list(POD, NAME, labels="app=once"):
        await client.patch(POD, pod["metadata"]["name"], NAME, {"status": {"phase": "Succeeded"}}, subresource="status")
    await seen(lambda state: state["done"] == ["once"])
    meta = {"name": "left", "namespace": NAME, "ownerReferences": [await _owner(client)]}
    await client.create(CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    await client.delete(STATEFUL_SET, "db", NAME, propagation="Foreground")
    await seen(lambda state: "db" not in state["ready"] and "left" not in state["maps"])


async def _owner(client: Client) -> State:
    db = await client.get(STATEFUL_SET, "db", NAME)
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": db["metadata"]["uid"]}


async def state_of(client: Client) -> State:
    """Return what matters of the namespace: names that are drawn are left out."""
    trees = {kind.kind: list(await client.list(kind, NAME)) for kind in WORKLOADS}
    pods = trees["Pod"]
    ready, images = dict[str, int](), dict[str, list[str]]()
    for pod in pods:
        app = pod["metadata"]["labels"]["app"]
        if pod["metadata"].get("deletionTimestamp") or pod["status"].get("phase") != "Running":
            continue
        images.setdefault(app, []).append(pod["spec"]["containers"][0]["image"])
        if any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions") or ()):
            ready[app] = ready.get(app, 0) + 1
    slices = [item for item in trees["EndpointSlice"] if item["metadata"]["labels"]["kubernetes.io/service-name"] == "web"]
    ends = [end for item in slices for end in item.get("endpoints") or () if end["conditions"]["ready"]]
    accounts = await client.list(Kind("v1", "ServiceAccount", "serviceaccounts"), NAME)
    return {
        "ready": ready,
        "images": images,
        "endpoints": len(ends),
        "accounts": len(list(accounts)),
        "done": [job["metadata"]["name"] for job in trees["Job"] if job["status"].get("completionTime")],
        "succeeded": {job["metadata"]["name"]: job["status"].get("succeeded", 0) for job in trees["Job"]},
        "maps": sorted(item["metadata"]["name"] for item in await client.list(CONFIG_MAP, NAME)),
        "sizes": sorted((item["spec"]["replicas"], item["status"].get("readyReplicas", 0)) for item in trees["ReplicaSet"]),
        "status": {
            item["metadata"]["name"]: {
                key: item["status"].get(key, 0) for key in ("replicas", "readyReplicas", "updatedReplicas")
            }
            for item in trees["Deployment"]
        },
        "orphans": await _orphans(client, trees),
        "pods": len(pods),
        VERSIONS: {item["metadata"]["uid"]: item["metadata"]["resourceVersion"] for found in trees.values() for item in found},
    }


async def _orphans(client: Client, trees: dict[str, list[State]]) -> list[str]:
    """Return what is owned by something that is no longer there."""
    uids = {tree["metadata"]["uid"] for found in trees.values() for tree in found}
    uids |= {tree["metadata"]["uid"] for tree in await client.list(SERVICE, NAME)}
    found = []
    for kind, items in trees.items():
        for tree in items:
            owners = tree["metadata"].get("ownerReferences") or ()
            if owners and not any(owner["uid"] in uids for owner in owners) and not tree["metadata"].get("deletionTimestamp"):
                found.append(f"{kind}/{tree['metadata']['name']}")
    return found


async def watch_until(client: Client, ready: Callable[[State], bool], timeout_s: float) -> State:
    """Return the state once `ready` says so; raises AssertionError with the last one."""
    state: State = {}
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    state = await state_of(client)
                    if ready(state):
                        return state
                except NotFound:
                    pass
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not reached within {timeout_s} s: {state}") from None
