"""Which admission stages run, and in which order."""

from __future__ import annotations

from pilothouse.cluster.apiserver.admission.allocation import ServiceAllocator
from pilothouse.cluster.apiserver.admission.chain import Admission, Allocator, Stage
from pilothouse.cluster.apiserver.admission.dynamic.objects import Objects
from pilothouse.cluster.apiserver.admission.dynamic.stage import Dynamic
from pilothouse.cluster.apiserver.admission.identity import NodeRestriction, SigningRequests
from pilothouse.cluster.apiserver.admission.limits import LimitRanger
from pilothouse.cluster.apiserver.admission.namespaces import NamespaceLifecycle
from pilothouse.cluster.apiserver.admission.pods import Priorities, ServiceAccounts, Tolerations
from pilothouse.cluster.apiserver.admission.podsecurity.stage import PodSecurity
from pilothouse.cluster.apiserver.admission.quota import Quotas
from pilothouse.cluster.apiserver.admission.rbac import Creation, Escalation
from pilothouse.cluster.apiserver.admission.runtimes import RuntimeClasses
from pilothouse.cluster.apiserver.admission.storage import Defaults
from pilothouse.cluster.apiserver.admission.warnings import Warnings
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.http.outgoing import Outgoing
from pilothouse.kit.metrics import MetricsRegistry


def build_admission(backend: Backend, outgoing: Outgoing, objects: Objects, metrics: MetricsRegistry) -> Admission:
    """Return the stages for a server; webhooks call through `outgoing` and see objects as `objects` shows them."""
    built_in: list[Stage] = [
        NamespaceLifecycle(backend),
        LimitRanger(backend),
        NodeRestriction(backend),
        ServiceAccounts(backend),
        PodSecurity(backend),
        Priorities(backend),
        Tolerations(),
        Defaults(backend),
        RuntimeClasses(backend),
    ]
    dynamic = Dynamic(backend, outgoing, objects, built_in, metrics)
    stages: list[Stage] = [Warnings(), Creation(backend), *built_in, dynamic, Escalation(backend), SigningRequests()]
    allocators: list[Allocator] = [Quotas(backend), ServiceAllocator(backend)]
    return Admission(backend, stages, allocators, dynamic)
