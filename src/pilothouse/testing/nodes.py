"""Nodes without machines: as many as a test wants, whose Pods run without programs.

Pods of Jobs end by themselves, as do init containers; all others run until they are deleted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from pilothouse.cluster.apiserver.backend import NodeProxy, RemoteProcess
from pilothouse.cluster.nodeagent import factory as nodeagent
from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.kit.errors import NotFound
from pilothouse.kit.registry import Capability
from pilothouse.sdk.manager import Manager
from pilothouse.wire.duplex import Duplex
from pilothouse.wire.http.messages import Request, Response

_NO_PROGRAMS = "Pods of this control plane run without programs"


class FakeNodesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many nodes, and how they behave."""

    count: int = 1
    cpu: str = "8"
    memory: str = "32Gi"
    job_duration_s: float = 0.0
    """How long Pods of Jobs and init containers run."""
    data_dir: str = ""


class FakeNodes:
    """Answers what is asked of the nodes; each of them is a service of the manager."""

    def __init__(self) -> None:
        """The API server reaches the nodes through this."""
        self.node_proxy: NodeProxy = _NoPrograms()

    async def start(self) -> None:
        """The nodes start with the manager."""

    async def stop(self) -> None:
        """The nodes stop with the manager."""


async def start(manager: Manager, config: FakeNodesConfig) -> FakeNodes:
    """Add the nodes to `manager`: `node-0`, `node-1` and so on."""
    for number in range(config.count):
        name = f"node-{number}"
        settings = NodeAgentConfig(
            node_name=name, runtime="fake", data_dir=str(Path(config.data_dir) / name), has_service_proxy=False, cpu=config.cpu,
            memory=config.memory, fake_job_run_for_s=config.job_duration_s, first_pod_address=f"10.244.{number % 250 + 1}.1",
        )  # fmt: skip
        await nodeagent.start(manager, settings)
    return FakeNodes()


class _NoPrograms:
    """Says why there are no logs to read and no programs to talk to."""

    async def logs(self, namespace: str, pod: str, container: str, options: dict[str, str]) -> AsyncIterator[bytes]:
        """An empty log: the Pod said nothing."""

        async def nothing() -> AsyncIterator[bytes]:
            yield b""

        return nothing()

    async def execute(
        self, namespace: str, pod: str, container: str, command: list[str], streams: frozenset[str]
    ) -> RemoteProcess:
        """There is no program."""
        raise NotFound(_NO_PROGRAMS)

    async def attach(self, namespace: str, pod: str, container: str, streams: frozenset[str]) -> RemoteProcess:
        """There is no program."""
        raise NotFound(_NO_PROGRAMS)

    async def answer(self, node: str, request: Request) -> Response:
        """There is no machine."""
        raise NotFound(f"node {node} is no machine: {_NO_PROGRAMS}")

    async def dial(self, namespace: str, pod: str, port: int, *, is_inside: bool = True, is_tls: bool = False) -> Duplex:
        """Nobody listens."""
        raise NotFound(_NO_PROGRAMS)


CAPABILITY = Capability(
    id="testing.nodes",
    summary="Nodes without machines, whose Pods run without programs",
    kinds=("v1/Node", "v1/Pod"),
    config=FakeNodesConfig,
    start=start,
)
