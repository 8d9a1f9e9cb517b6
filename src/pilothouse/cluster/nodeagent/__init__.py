"""The node agent: Pods as real processes on this machine.

It registers the machine as a Node, watches the Pods bound to it, and runs their containers as process groups with their own
network, files, environment, limits and logs; it probes, restarts with back-off, mounts ConfigMaps, Secrets, tokens and
claims with live updates, relays Services, answers cluster DNS, and reports statuses word for word as kubelet does.

Flow: Pod informer -> `controller.worker` -> `engine.plan` -> `controller.actions` -> `runtime` -> supervisor process. Three
processes: the API process decides, a `supervisor` owns the programs, a `proxy` carries the traffic; the last two survive a
restart of the first, and `reap` ends everything.

Isolation, best first: plain namespaces as root, user namespaces as an ordinary user, none (shared network and files, stated by
`diagnose`). Limits: one node per machine, IPv4, no egress from Pods to the outside world, no PID namespaces, no hostNetwork
inside a user namespace, images only from the local layout.
"""

from __future__ import annotations

import importlib
from typing import Any

_FACADE = {
    "NodeAgent": "pilothouse.cluster.nodeagent.controller.agent",
    "NodeAgentConfig": "pilothouse.cluster.nodeagent.config",
    "reap": "pilothouse.cluster.nodeagent.adapters.reap",
    "host_address": "pilothouse.cluster.nodeagent.engine.services",
}
__all__ = ["NodeAgent", "NodeAgentConfig", "host_address", "reap"]


def __getattr__(name: str) -> Any:
    """Load the facade on first use: the supervisor imports this package too and must stay small."""
    if name in _FACADE:
        return getattr(importlib.import_module(_FACADE[name]), name)
    raise AttributeError(name)
