"""What the scheduler declares about itself."""

from __future__ import annotations

import msgspec

from pilothouse.cluster.scheduler.controller import Scheduler
from pilothouse.kit.registry import Capability
from pilothouse.sdk.manager import Manager


class SchedulerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the scheduler; none yet."""


async def start(manager: Manager, config: SchedulerConfig) -> Scheduler:
    """Add the scheduler to `manager`; it runs when the manager starts."""
    scheduler = Scheduler(manager)
    manager.add(scheduler)
    return scheduler


CAPABILITY = Capability(
    id="cluster.scheduler",
    summary="Assigns Pods to nodes: resources, selectors, affinity, taints, topology spread",
    stability="alpha",
    kinds=("v1/Pod", "v1/Node"),
    config=SchedulerConfig,
    start=start,
)
