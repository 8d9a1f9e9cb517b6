"""Which functions validate which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import FieldError
from pilothouse.api.validation import cluster, definitions, extensions, network, pods, volumes
from pilothouse.api.validation.admission import policies, webhooks
from pilothouse.api.validation.v1 import claims, configuration, endpoints, events, nodes, persistent, quotas, services
from pilothouse.api.validation.workloads.apps import replicas, revisions, statefulsets
from pilothouse.api.validation.workloads.batch import cronjobs, jobs
from pilothouse.api.validation.workloads.scaling import autoscalers, budgets

Obj = dict[str, Any]
Check = Callable[[Obj], list[FieldError]]
CheckUpdate = Callable[[Obj, Obj], list[FieldError]]
_RBAC, _ADMISSION, _STORAGE = "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "storage.k8s.io"
_NETWORK, _FLOW = "networking.k8s.io", "flowcontrol.apiserver.k8s.io"

_CREATE: dict[tuple[str, str], Check] = {
    ("", "Pod"): pods.pod,
    ("", "PodTemplate"): pods.pod_template,
    ("", "ReplicationController"): replicas.replication_controller,
    ("", "Service"): services.service,
    ("", "Endpoints"): endpoints.endpoints,
    ("", "ConfigMap"): configuration.config_map,
    ("", "Secret"): configuration.secret,
    ("", "Namespace"): nodes.namespace,
    ("", "Node"): nodes.node,
    ("", "Event"): events.event,
    ("events.k8s.io", "Event"): events.event,
    ("", "LimitRange"): quotas.limit_range,
    ("", "ResourceQuota"): quotas.resource_quota,
    ("", "PersistentVolume"): persistent.volume,
    ("", "PersistentVolumeClaim"): claims.claim,
    ("apps", "Deployment"): replicas.deployment,
    ("apps", "ReplicaSet"): replicas.replica_set,
    ("apps", "StatefulSet"): statefulsets.stateful_set,
    ("apps", "DaemonSet"): replicas.daemon_set,
    ("apps", "ControllerRevision"): revisions.revision,
    ("batch", "Job"): jobs.job,
    ("batch", "CronJob"): cronjobs.cron_job,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscalers.autoscaler,
    ("policy", "PodDisruptionBudget"): budgets.budget,
    (_NETWORK, "Ingress"): network.ingress,
    (_NETWORK, "IngressClass"): network.ingress_class,
    (_NETWORK, "NetworkPolicy"): network.network_policy,
    ("discovery.k8s.io", "EndpointSlice"): endpoints.endpoint_slice,
    (_STORAGE, "StorageClass"): volumes.storage_class,
    (_RBAC, "Role"): cluster.role,
    (_RBAC, "ClusterRole"): cluster.role,
    (_RBAC, "RoleBinding"): cluster.role_binding,
    (_RBAC, "ClusterRoleBinding"): cluster.role_binding,
    ("scheduling.k8s.io", "PriorityClass"): cluster.priority_class,
    ("node.k8s.io", "RuntimeClass"): cluster.runtime_class,
    ("coordination.k8s.io", "Lease"): cluster.lease,
    ("certificates.k8s.io", "CertificateSigningRequest"): cluster.signing_request,
    (_ADMISSION, "ValidatingWebhookConfiguration"): webhooks.configuration,
    (_ADMISSION, "MutatingWebhookConfiguration"): webhooks.configuration,
    (_ADMISSION, "ValidatingAdmissionPolicy"): policies.validating_policy,
    (_ADMISSION, "MutatingAdmissionPolicy"): policies.mutating_policy,
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): policies.policy_binding,
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): policies.policy_binding,
    ("apiregistration.k8s.io", "APIService"): extensions.api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.definition,
    (_FLOW, "FlowSchema"): extensions.flow_schema,
    (_FLOW, "PriorityLevelConfiguration"): extensions.priority_level,
}
_UPDATE: dict[tuple[str, str], CheckUpdate] = {
    ("", "Pod"): pods.pod_update,
    ("", "Service"): services.service_update,
    ("", "ConfigMap"): configuration.config_map_update,
    ("", "Secret"): configuration.secret_update,
    ("", "Node"): nodes.node_update,
    ("", "Event"): events.event_update,
    ("events.k8s.io", "Event"): events.event_update,
    ("", "PersistentVolumeClaim"): claims.claim_update,
    ("", "PersistentVolume"): persistent.volume_update,
    ("", "PodTemplate"): lambda new, old: pods.pod_template(new),
    ("", "LimitRange"): lambda new, old: quotas.limit_range(new),
    ("", "ResourceQuota"): quotas.resource_quota_update,
    ("", "Endpoints"): lambda new, old: endpoints.endpoints(new),
    ("discovery.k8s.io", "EndpointSlice"): endpoints.endpoint_slice_update,
    ("", "ReplicationController"): lambda new, old: replicas.replication_controller(new),
    ("apps", "Deployment"): replicas.selector_update(replicas.deployment),
    ("apps", "ReplicaSet"): replicas.selector_update(replicas.replica_set, times=2),
    ("apps", "DaemonSet"): replicas.selector_update(replicas.daemon_set, times=2),
    ("apps", "StatefulSet"): statefulsets.stateful_set_update,
    ("apps", "ControllerRevision"): revisions.revision_update,
    ("batch", "Job"): jobs.job_update,
    ("batch", "CronJob"): cronjobs.cron_job_update,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscalers.autoscaler_update,
    ("policy", "PodDisruptionBudget"): lambda new, old: budgets.budget(new),
    (_NETWORK, "Ingress"): lambda new, old: network.ingress(new),
    (_NETWORK, "IngressClass"): network.ingress_class_update,
    (_NETWORK, "NetworkPolicy"): lambda new, old: network.network_policy(new),
    (_NETWORK, "ServiceCIDR"): network.service_cidr_update,
    (_STORAGE, "StorageClass"): volumes.storage_class_update,
    (_STORAGE, "CSIDriver"): extensions.csi_driver_update,
    (_RBAC, "Role"): lambda new, old: cluster.role(new),
    (_RBAC, "ClusterRole"): lambda new, old: cluster.role(new),
    (_RBAC, "RoleBinding"): cluster.role_binding_update,
    (_RBAC, "ClusterRoleBinding"): cluster.role_binding_update,
    ("scheduling.k8s.io", "PriorityClass"): cluster.priority_class_update,
    ("node.k8s.io", "RuntimeClass"): cluster.runtime_class_update,
    ("coordination.k8s.io", "Lease"): cluster.lease_update,
    ("resource.k8s.io", "ResourceSlice"): extensions.device_update,
    ("resource.k8s.io", "ResourceClaim"): extensions.resource_claim_update,
    (_ADMISSION, "ValidatingWebhookConfiguration"): webhooks.configuration_update,
    (_ADMISSION, "MutatingWebhookConfiguration"): webhooks.configuration_update,
    (_ADMISSION, "ValidatingAdmissionPolicy"): lambda new, old: policies.validating_policy(new),
    (_ADMISSION, "MutatingAdmissionPolicy"): lambda new, old: policies.mutating_policy(new),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): lambda new, old: policies.policy_binding(new),
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): lambda new, old: policies.policy_binding(new),
    ("apiregistration.k8s.io", "APIService"): extensions.api_service_update,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.definition_update,
    (_FLOW, "FlowSchema"): extensions.flow_schema_update,
    (_FLOW, "PriorityLevelConfiguration"): lambda new, old: extensions.priority_level(new),
}


def validate_kind(group: str, kind: str, obj: Obj) -> list[FieldError]:
    """Return what is wrong with a new object, besides its metadata."""
    found = _CREATE.get((group, kind))
    return found(obj) if found is not None else []


def validate_kind_update(group: str, kind: str, new: Obj, old: Obj) -> list[FieldError]:
    """Return what is wrong with the change from `old` to `new`, besides metadata."""
    found = _UPDATE.get((group, kind))
    return found(new, old) if found is not None else []
