"""What the API server reaches on this node: logs, commands, the programs' own input and output, and ports of Pods."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator

from pilothouse.cluster.nodeagent.adapters.commands import RunningCommand
from pilothouse.cluster.nodeagent.controller.endpoints import NodeEndpoints
from pilothouse.cluster.nodeagent.controller.logs import FindWorker, NodeLogs
from pilothouse.cluster.nodeagent.controller.worker import PodWorker
from pilothouse.cluster.nodeagent.errors import ForwardFailed, RuntimeFailure, StartFailed
from pilothouse.cluster.nodeagent.runtime import Runtime
from pilothouse.cluster.nodeagent.types import Json
from pilothouse.kit.errors import NotFound
from pilothouse.wire.duplex import Duplex, SocketDuplex, unchecked_context
from pilothouse.wire.http.messages import Request, Response


class NodeGate:
    """The node's side of the API server's connections to Pods."""

    def __init__(self, logs: NodeLogs, endpoints: NodeEndpoints, runtime: Runtime, find: FindWorker) -> None:
        """Serve the Pods that `find` knows."""
        self._logs, self._endpoints, self._runtime, self._find = logs, endpoints, runtime, find

    async def answer(self, node: str, request: Request) -> Response:
        """Answer what is asked of the node itself; raises NotFound for paths it does not serve."""
        return await self._endpoints.answer(request)

    async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
        """Return the log of a container in chunks."""
        return await self._logs.logs(namespace, pod, container, options)

    async def execute(
        self, namespace: str, pod: str, container: str, command: list[str], streams: frozenset[str]
    ) -> RunningCommand:
        """Run `command` in a running container; raises NotFound when it does not run, RuntimeFailure when it cannot start."""
        container_id, _ = self._running(namespace, pod, container)
        try:
            return await self._runtime.open_command(container_id, command, streams)
        except StartFailed as error:
            why = error.message.partition(": ")[2] or error.message
            text = f'failed to exec in container: failed to start exec "{container_id}": OCI runtime exec failed: exec failed: '
            raise RuntimeFailure(f"{text}unable to start container process: {why}: unknown") from error

    async def attach(self, namespace: str, pod: str, container: str, streams: frozenset[str]) -> RunningCommand:
        """Connect to the program of a running container; raises NotFound when it does not run."""
        container_id, spec = self._running(namespace, pod, container)
        return await self._runtime.attach(container_id, streams, bool(spec.get("stdinOnce")))

    def _worker(self, namespace: str, pod: str) -> PodWorker:
        worker = self._find(namespace, pod)
        if worker is None:
            raise NotFound(f'pod "{pod}" not found in namespace "{namespace}"')
        return worker

    def _running(self, namespace: str, pod: str, container: str) -> tuple[str, Json]:
        worker = self._worker(namespace, pod)
        known = worker.state.containers.get(container)
        if known is None or not known.is_running:
            raise NotFound(f'container not found ("{container}")')
        return known.id, worker.spec(container)

    async def dial(self, namespace: str, pod: str, port: int, *, is_inside: bool = True, is_tls: bool = False) -> Duplex:
        """Connect to a port of a Pod; raises ForwardFailed when nobody listens.

        From inside, as a program of the Pod would reach its own loopback, or by the Pod's address as others do. With
        `is_tls` whatever certificate the Pod shows is taken: the proxy of the API server has no names to check it against.
        """
        worker = self._worker(namespace, pod)
        state = worker.state
        if not state.has_sandbox:
            raise NotFound(f'pod "{pod}" is not running')
        is_host = bool(worker.pod["spec"].get("hostNetwork"))
        target = f"127.0.0.1:{port}" if is_inside else f"{state.address}:{port}"
        try:
            if is_inside:
                connected = await self._runtime.dial_inside(state.uid, state.address, port, is_host)
            else:
                connected = await self._runtime.dial(state.address, port, is_host)
            return await SocketDuplex.of(connected, unchecked_context() if is_tls else None)
        except OSError as error:
            is_system = error.errno is not None and not isinstance(error, ssl.SSLError)
            why = os.strerror(error.errno or 0).lower() if is_system else f"tls: {error}"
            text = f'failed to connect to localhost:{port} inside namespace "{state.uid}", IPv4: ' if is_inside else ""
            raise ForwardFailed(f"{text}dial tcp{4 if is_inside else ''} {target}: connect: {why}") from error
