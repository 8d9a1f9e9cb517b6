"""Settings of the node agent, one section of the platform's configuration file."""

from __future__ import annotations

from typing import Literal

import msgspec


class NodeAgentConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How this machine is presented as a node, and how its Pods run."""

    node_name: str = "pilothouse"
    data_dir: str = ""
    """Folder of the node's state: supervisor, Pods, logs, images. Usually the platform's data directory itself."""
    api_host: str = ""
    api_port: int = 0
    """Where the API server listens on this machine, for the `kubernetes` Service."""
    runtime: Literal["process", "fake"] = "process"
    max_pods: int = 110
    labels: dict[str, str] = {}
    lease_renew_s: float = 10.0
    status_report_s: float = 300.0
    fake_start_delay_s: float = 0.0
    fake_run_for_s: float | None = None
    """With the fake runtime: end every run successfully after this many seconds."""
    fake_job_run_for_s: float | None = None
    """With the fake runtime: end runs that are meant to end (init containers, Pods not restarted always) after this many."""
    first_pod_address: str = ""
    """Where to begin handing out Pod addresses; chosen by the data directory when empty."""
    has_service_proxy: bool = True
    cpu: str = ""
    """Capacity to announce instead of the machine's own."""
    memory: str = ""
