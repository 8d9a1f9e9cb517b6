"""What a node answers about itself, reached through `nodes/proxy`: health, its Pods, their logs and its settings.

The paths are kubelet's, so that tools which read a kubelet through the API server find what they look for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.cluster.nodeagent.controller.logs import NodeLogs
from pilothouse.cluster.nodeagent.controller.node import LEASE_DURATION_S
from pilothouse.cluster.nodeagent.controller.worker import PodWorker
from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.errors import NotFound
from pilothouse.wire.http.messages import Request, Response

_TEXT = "text/plain; charset=utf-8"
_INDEX = ("/configz", "/containerLogs/{namespace}/{pod}/{container}", "/healthz", "/pods", "/runningpods/")


class NodeEndpoints:
    """Answers the requests of one node."""

    def __init__(self, config: NodeAgentConfig, logs: NodeLogs, workers: Callable[[], Iterable[PodWorker]]) -> None:
        """Tell about the Pods of `workers`."""
        self._config, self._logs, self._workers = config, logs, workers
        self._answers: dict[str, Callable[[], Response]] = {
            "": lambda: Response(200, "\n".join(_INDEX).encode() + b"\n", [], _TEXT),
            "healthz": lambda: Response(200, b"ok", [], _TEXT),
            "pods": lambda: _list(worker.pod for worker in self._workers()),
            "runningpods": lambda: _list(worker.pod for worker in self._workers() if _is_running(worker)),
            "configz": self._settings,
        }

    async def answer(self, request: Request) -> Response:
        """Answer a GET; raises NotFound for paths a node does not serve."""
        name, _, rest = request.path.strip("/").partition("/")
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"Method Not Allowed\n", [], _TEXT)
        if name == "containerLogs" and rest.count("/") == 2:
            namespace, pod, container = rest.split("/")
            return Response(200, await self._logs.logs(namespace, pod, container, dict(request.query)), [], _TEXT)
        if name in self._answers and not rest:
            return self._answers[name]()
        raise NotFound("the server could not find the requested resource")

    def _settings(self) -> Response:
        settings: Json = {
            "kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "maxPods": self._config.max_pods,
            "nodeLeaseDurationSeconds": LEASE_DURATION_S, "clusterDomain": "cluster.local", "containerLogMaxSize": "10Mi",
            "containerLogMaxFiles": 5,
        }  # fmt: skip
        return _json({"kubeletconfig": settings})


def _json(value: Json) -> Response:
    return Response(200, msgspec.json.encode(value))


def _list(pods: Iterable[Json]) -> Response:
    return _json({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": list(pods)})


def _is_running(worker: PodWorker) -> bool:
    return any(known.is_running for known in worker.state.containers.values())
