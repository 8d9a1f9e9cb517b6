"""Which Pod, container and node a request to a Pod's streams means: what logs, commands and port forwarding share."""

from __future__ import annotations

from pilothouse.cluster.apiserver.backend import Backend, NodeProxy
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import StatusError, bad_request, not_found

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def pod_of(backend: Backend, call: Call) -> Obj:
    """Return the Pod of a request; raises 404."""
    item = backend.find("", "pods", call.namespace, call.name)
    if item is None:
        raise not_found(call.resource, call.name)
    return item.object


def _names(pod: Obj, field: str) -> list[str]:
    return [str(item.get("name", "")) for item in pod["spec"].get(field) or ()]


def container_of(pod: Obj, wanted: str) -> str:
    """Return the container a request means: the one it names, or the only one; raises 400."""
    name = pod["metadata"]["name"]
    if wanted:
        if not any(wanted in _names(pod, field) for field in _CONTAINERS):
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    own, init = _names(pod, "containers"), _names(pod, "initContainers")
    if len(own) == 1:
        return own[0]
    text = f"a container name must be specified for pod {name}"
    if own:
        text += f", choose one of: [{' '.join(own)}]"
        text += f" or one of the init containers: [{' '.join(init)}]" if init else ""
    raise bad_request(text)


def node_of(backend: Backend, pod: Obj) -> NodeProxy:
    """Return the way to the agent of the Pod's node; raises 400 before it has one and 503 when no agent is connected."""
    node = pod["spec"].get("nodeName")
    if not node:
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    if backend.node_proxy is None:
        raise StatusError(503, "ServiceUnavailable", f"no node agent is connected for node {node}")
    return backend.node_proxy
