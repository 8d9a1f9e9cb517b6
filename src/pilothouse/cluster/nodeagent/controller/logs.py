"""Container logs for the API server: `pods/log` of Pods on this node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from pilothouse.cluster.nodeagent.adapters.logs import log_path, read_log
from pilothouse.cluster.nodeagent.controller.worker import PodWorker
from pilothouse.cluster.nodeagent.engine.logs import LogOptions
from pilothouse.cluster.nodeagent.types import ContainerState
from pilothouse.kit.clock import Clock, parse_rfc3339
from pilothouse.kit.errors import BadRequest, NotFound

_TRUE = {"true", "1", "True"}
FindWorker = Callable[[str, str], PodWorker | None]


def _number(options: dict[str, str], name: str) -> int | None:
    text = options.get(name)
    if text in {None, ""}:
        return None
    if not str(text).isdigit():
        raise BadRequest(f"{name} must be a whole number of 0 or more, not {str(text)[:40]!r}")
    return int(str(text))


def options_of(query: dict[str, str]) -> LogOptions:
    """Read the query of `pods/log`; raises BadRequest."""
    try:
        since_time = parse_rfc3339(query["sinceTime"]) if query.get("sinceTime") else None
    except ValueError as error:
        raise BadRequest(f"sinceTime is no RFC 3339 time: {error}") from error
    since = _number(query, "sinceSeconds")
    stream = {"Stdout": "stdout", "Stderr": "stderr"}.get(query.get("stream", ""), "")
    return LogOptions(
        follow=query.get("follow") in _TRUE,
        previous=query.get("previous") in _TRUE,
        timestamps=query.get("timestamps") in _TRUE,
        tail_lines=_number(query, "tailLines"),
        since_s=None if since is None else float(since),
        since_time=since_time,
        limit_bytes=_number(query, "limitBytes"),
        stream=stream,
    )


class NodeLogs:
    """The API server's way to this node's logs."""

    def __init__(self, data_dir: str, clock: Clock, find: FindWorker) -> None:
        """Serve logs below `data_dir` of the Pods that `find` knows."""
        self._data_dir, self._clock, self._find = data_dir, clock, find

    async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
        """Return the log of a container in chunks; raises NotFound or BadRequest before the first one."""
        wanted = options_of(options)
        worker = self._find(namespace, pod)
        if worker is None:
            raise NotFound(f'pods "{pod}" not found on this node')
        known = self._container(worker, pod, container)
        attempt = known.attempt
        if wanted.previous:
            if known.last is None and not (known.exit is not None and known.attempt > 0):
                raise BadRequest(f'previous terminated container "{known.name}" in pod "{pod}" not found')
            attempt = known.attempt - 1
        elif not known.id:
            reason = known.waiting_reason or "ContainerCreating"
            raise BadRequest(f'container "{known.name}" in pod "{pod}" is waiting to start: {reason}')
        path = log_path(self._data_dir, namespace, pod, worker.state.uid, known.name, attempt)

        def is_over() -> bool:
            current = worker.state.containers.get(known.name)
            return current is None or not current.is_running or current.attempt != attempt

        return read_log(path, wanted, self._clock, is_over)

    @staticmethod
    def _container(worker: PodWorker, pod: str, container: str) -> ContainerState:
        spec = worker.pod["spec"]
        names = [c["name"] for field in ("containers", "initContainers", "ephemeralContainers") for c in spec.get(field) or []]
        if not container:
            regular = [c["name"] for c in spec.get("containers") or []]
            default = (worker.pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
            if len(regular) > 1 and default not in regular:
                raise BadRequest(f"a container name must be specified for pod {pod}, choose one of: [{' '.join(names)}]")
            container = str(default if default in regular else regular[0])
        if container not in names:
            raise BadRequest(f"container {container} is not valid for pod {pod}")
        return worker.state.containers.get(container) or ContainerState(container)
