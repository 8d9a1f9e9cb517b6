"""Which function fills in the defaults of which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.defaults import cluster, network, pods, workloads

Obj = dict[str, Any]
Defaulter = Callable[[Obj], None]
_ADMISSION, _RBAC = "admissionregistration.k8s.io", "rbac.authorization.k8s.io"
_TABLE: dict[tuple[str, str], Defaulter] = {
    ("", "Pod"): pods.pod,
    ("", "PodTemplate"): workloads.pod_template_kind,
    ("", "ReplicationController"): workloads.replication_controller,
    ("", "Service"): network.service,
    ("", "Endpoints"): network.endpoints,
    ("", "Namespace"): cluster.namespace,
    ("", "Node"): cluster.node,
    ("", "Secret"): cluster.secret,
    ("", "PersistentVolume"): cluster.persistent_volume,
    ("", "PersistentVolumeClaim"): cluster.persistent_volume_claim,
    ("", "LimitRange"): cluster.limit_range,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("batch", "Job"): workloads.job,
    ("batch", "CronJob"): workloads.cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): workloads.autoscaler_v2,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("networking.k8s.io", "IngressClass"): network.ingress_class,
    ("networking.k8s.io", "NetworkPolicy"): network.network_policy,
    ("discovery.k8s.io", "EndpointSlice"): network.endpoint_slice,
    ("storage.k8s.io", "StorageClass"): cluster.storage_class,
    ("storage.k8s.io", "CSIDriver"): cluster.csi_driver,
    ("scheduling.k8s.io", "PriorityClass"): cluster.priority_class,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): cluster.crd,
    ("apiregistration.k8s.io", "APIService"): cluster.api_service,
    ("resource.k8s.io", "ResourceClaim"): cluster.resource_claim,
    ("resource.k8s.io", "ResourceClaimTemplate"): cluster.resource_claim,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): cluster.flow_schema,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): cluster.priority_level,
    (_RBAC, "RoleBinding"): cluster.binding,
    (_RBAC, "ClusterRoleBinding"): cluster.binding,
    (_ADMISSION, "MutatingWebhookConfiguration"): cluster.webhooks,
    (_ADMISSION, "ValidatingWebhookConfiguration"): cluster.webhooks,
    (_ADMISSION, "ValidatingAdmissionPolicy"): cluster.admission_policy,
    (_ADMISSION, "MutatingAdmissionPolicy"): cluster.admission_policy,
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): cluster.policy_binding,
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): cluster.policy_binding,
}


def apply_defaults(group: str, kind: str, obj: Obj) -> None:
    """Fill in the defaults of an object of `group` and `kind`, in place."""
    found = _TABLE.get((group, kind))
    if found is not None:
        found(obj)
