"""Control planes inside the test's own process: a real API server over a memory store, and optionally the real controllers.

Each one is fresh and isolated; nothing listens on a port and nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pilothouse.cluster.apiserver import ApiServer
from pilothouse.kit.clock import Clock, Entropy, SystemClock
from pilothouse.kit.faults import Faults
from pilothouse.kit.metrics import MetricsRegistry
from pilothouse.sdk.client import Client
from pilothouse.sdk.manager import Manager
from pilothouse.store.memory import MemoryStore
from pilothouse.wire.http.messages import InProcessTransport, Peer


@asynccontextmanager
async def control_plane(*, clock: Clock | None = None, seed: int = 1, faults: Faults | None = None) -> AsyncIterator[Manager]:
    """Yield a manager on a fresh API server, acting as administrator; add controllers to it and start it.

    `faults` are met by every request to the server: load a plan when the set-up is done.
    """
    server = ApiServer(MemoryStore(clock), clock=clock, entropy=Entropy(seed), faults=faults)
    await server.start()
    peer = Peer(common_name="admin", organizations=("system:masters",))
    client = Client(InProcessTransport(server.handle, peer))
    manager = Manager(client, clock=clock or SystemClock(), entropy=Entropy(seed), metrics=MetricsRegistry())
    try:
        yield manager
    finally:
        await manager.stop()
        await server.stop()


@asynccontextmanager
async def cluster(data_dir: Path, *, faults: Faults | None = None) -> AsyncIterator[Manager]:
    """Yield a manager of a whole cluster: controllers, scheduler and one node whose Pods run at once without programs.

    `data_dir` is an empty directory for provisioned volumes and the node's files.
    """
    from pilothouse.cluster.nodeagent import factory as nodeagent
    from pilothouse.cluster.nodeagent.config import NodeAgentConfig
    from pilothouse.cluster.scheduler import factory as scheduler
    from pilothouse.cluster.workloads import factory as workloads

    async with control_plane(faults=faults) as manager:
        settings = workloads.WorkloadsConfig(root_ca_pem="test", volumes_dir=str(data_dir / "volumes"))
        await workloads.start(manager, settings)
        await scheduler.start(manager, scheduler.SchedulerConfig())
        node = NodeAgentConfig(runtime="fake", data_dir=str(data_dir), has_service_proxy=False)
        await nodeagent.start(manager, node)
        await manager.start()
        yield manager
