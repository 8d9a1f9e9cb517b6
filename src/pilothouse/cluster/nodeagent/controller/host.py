"""What all workers of one node share: the parts of the agent as one record."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pilothouse.cluster.nodeagent.adapters.images import ImageStore
from pilothouse.cluster.nodeagent.adapters.memory import Memory
from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.cluster.nodeagent.controller.services import ServiceSync
from pilothouse.cluster.nodeagent.controller.sources import ObjectSources
from pilothouse.cluster.nodeagent.runs import Ended
from pilothouse.cluster.nodeagent.runtime import Runtime
from pilothouse.cluster.nodeagent.types import Json, PodState
from pilothouse.kit.clock import Clock, Entropy
from pilothouse.sdk.client import Client
from pilothouse.sdk.recorder import Recorder


class Host(msgspec.Struct):
    """The node's shared parts."""

    config: NodeAgentConfig
    data_dir: str
    node_ip: str
    client: Client
    clock: Clock
    entropy: Entropy
    recorder: Recorder
    runtime: Runtime
    images: ImageStore
    memory: Memory
    sources: ObjectSources
    services: ServiceSync
    early: dict[str, Ended]
    """Ends of runs that were announced before their start was recorded."""
    allocate: Callable[[], str]
    """Return a free Pod address."""
    neighbours: Callable[[], list[tuple[Json, PodState]]]
    """Return every Pod of the node with its state."""
