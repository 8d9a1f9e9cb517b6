"""What Pods say: the logs of hooks and tests, and why Pods are not ready."""

from __future__ import annotations

from collections.abc import Iterable

from pilothouse.api.meta import Tree, name_of, namespace_of
from pilothouse.delivery.charts.release.adapters.cluster import Cluster
from pilothouse.delivery.charts.release.engine.readiness import CURRENT, readiness_of
from pilothouse.delivery.charts.release.engine.troubles import MAX_LINES, selector_of, troubles
from pilothouse.delivery.charts.release.types import ReleaseHook
from pilothouse.kit.errors import PilothouseError
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import POD

MAX_LOG_BYTES = 1 << 20


async def container_log(client: Client, namespace: str, pod: str, container: str) -> str:
    """Return the end of a container's log, at most `MAX_LOG_BYTES`."""
    query = [("container", container), ("limitBytes", str(MAX_LOG_BYTES))]
    answer = await client.raw("GET", f"{POD.path(namespace, pod)}/log", query=query)
    return (await answer.read())[:MAX_LOG_BYTES].decode("utf-8", "replace")


def containers_of(pod: Tree) -> list[str]:
    """Return the names of a Pod's containers, those of initialization first."""
    spec = pod.get("spec") or {}
    return [str(c["name"]) for c in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))]


async def pod_logs(client: Client, namespace: str, pod: Tree, title: str) -> str:
    """Return the logs of all containers of a Pod, each under its title."""
    out = ""
    for container in containers_of(pod):
        try:
            text = await container_log(client, namespace, name_of(pod), container)
        except PilothouseError as error:
            text = f"(no log: {error.message})\n"
        out += title.format(pod=name_of(pod), container=container) + text + "\n"
    return out


async def hook_logs(client: Client, namespace: str, hook: ReleaseHook) -> str:
    """Return the logs of the Pods a hook made."""
    if hook.kind == "Job":
        pods = await client.list(POD, namespace, labels=f"job-name={hook.name}")
    elif hook.kind == "Pod":
        pods = await client.list(POD, namespace, fields=f"metadata.name={hook.name}")
    else:
        return ""
    texts = [await pod_logs(client, namespace, pod, "") for pod in pods]
    return "".join(texts)


async def pod_troubles(cluster: Cluster, trees: Iterable[Tree]) -> list[str]:
    """Return why the Pods of objects are not ready; nothing when they cannot be looked at."""
    found: list[str] = []
    for tree in trees:
        if len(found) >= MAX_LINES:
            break
        try:
            live = await cluster.get(tree)
            if live is None or readiness_of(live, wait_for_jobs=True).status == CURRENT:
                continue
            selector = selector_of(live)
            pods = await cluster.client.list(POD, namespace_of(live), labels=selector) if selector else []
            found += troubles([live] if live.get("kind") == "Pod" else pods)
        except PilothouseError:
            continue
    return found[:MAX_LINES]
