"""What the node agent declares about itself, and how it starts."""

from __future__ import annotations

from pilothouse.cluster.nodeagent.config import NodeAgentConfig
from pilothouse.kit.aio import Service
from pilothouse.kit.registry import Capability
from pilothouse.sdk.manager import Manager


async def start(manager: Manager, config: NodeAgentConfig) -> Service:
    """Add the agent to `manager`; it runs when the manager starts. Its `node_proxy` serves logs to the API server."""
    from pilothouse.cluster.nodeagent.controller.agent import NodeAgent

    agent = NodeAgent(manager, config)
    manager.add(agent)
    return agent


CAPABILITY = Capability(
    id="cluster.nodeagent",
    summary="Runs Pods as real processes with their own network, files, probes, volumes and logs.",
    stability="alpha",
    kinds=("v1/Node", "v1/Pod", "coordination.k8s.io/v1/Lease"),
    config=NodeAgentConfig,
    start=start,
)
