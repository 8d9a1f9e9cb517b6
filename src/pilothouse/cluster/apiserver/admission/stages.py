"""Which admission stages run, and in which order."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.chain import Admission, Allocator, Stage
from pilothouse.cluster.apiserver.admission.namespaces import NamespaceLifecycle
from pilothouse.cluster.apiserver.backend import Backend


def build_admission(backend: Backend) -> Admission:
    """Return the stages for a server."""
    stages: list[Stage] = [NamespaceLifecycle(backend)]
    allocators: list[Allocator] = []
    return Admission(backend, stages, allocators)
