"""Checks of writes to the status subresource."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.validation.checks import Findings, Obj
from pilothouse.api.validation.groups.aggregation import api_service_status
from pilothouse.api.validation.groups.certificates import signing_request_status
from pilothouse.api.validation.groups.flowcontrol import conditions
from pilothouse.api.validation.groups.ingress import ingress_status
from pilothouse.api.validation.groups.storage import attachment_status
from pilothouse.api.validation.pods import pod_status
from pilothouse.api.validation.v1 import claims, nodes, quotas, services
from pilothouse.api.validation.workloads.apps.status import (
    daemon_set_status,
    deployment_status,
    replica_set_status,
    stateful_set_status,
)
from pilothouse.api.validation.workloads.batch.status import job_status
from pilothouse.api.validation.workloads.scaling.autoscalers import autoscaler_status
from pilothouse.api.validation.workloads.scaling.budgets import budget_status

_CHECKS: dict[tuple[str, str], Callable[[Obj, Obj], Findings]] = {
    ("apps", "Deployment"): deployment_status,
    ("apps", "ReplicaSet"): replica_set_status,
    ("apps", "StatefulSet"): stateful_set_status,
    ("apps", "DaemonSet"): daemon_set_status,
    ("", "ReplicationController"): replica_set_status,
    ("batch", "Job"): job_status,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler_status,
    ("policy", "PodDisruptionBudget"): budget_status,
    ("networking.k8s.io", "Ingress"): ingress_status,
    ("storage.k8s.io", "VolumeAttachment"): attachment_status,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): conditions,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): conditions,
    ("apiregistration.k8s.io", "APIService"): api_service_status,
    ("", "Namespace"): nodes.namespace_status,
    ("", "Node"): nodes.node_update,
    ("", "PersistentVolumeClaim"): claims.claim_status,
    ("", "Pod"): pod_status,
    ("", "ResourceQuota"): quotas.resource_quota_status,
    ("", "Service"): services.service_status,
    ("certificates.k8s.io", "CertificateSigningRequest"): signing_request_status,
}


def validate_status(group: str, kind: str, new: Obj, old: Obj) -> Findings:
    """Return what is wrong with the new status of an object."""
    check = _CHECKS.get((group, kind))
    return check(new, old) if check is not None else []
