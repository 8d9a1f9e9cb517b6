"""What the controllers of workloads share about Pods: their states, their templates, and the history of templates."""

from pilothouse.cluster.workloads.pods.states import (
    available_in_s,
    deletion_rank,
    int_or_percent,
    is_active,
    is_available,
    is_finished,
    is_orphan_of,
    is_ready,
    phase_of,
    ready_since,
)
from pilothouse.cluster.workloads.pods.templates import TEMPLATE_HASH, pod_from_template, template_hash

__all__ = [
    "TEMPLATE_HASH",
    "available_in_s",
    "deletion_rank",
    "int_or_percent",
    "is_active",
    "is_available",
    "is_finished",
    "is_orphan_of",
    "is_ready",
    "phase_of",
    "pod_from_template",
    "ready_since",
    "template_hash",
]
