"""Which functions validate which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import FieldError
from pilothouse.api.validation import definitions, pods
from pilothouse.api.validation.admission import policies, webhooks
from pilothouse.api.validation.groups import (
    aggregation,
    certificates,
    devices,
    flowcontrol,
    ingress,
    networking,
    rbac,
    scheduling,
    storage,
)
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
    (_NETWORK, "Ingress"): ingress.ingress,
    (_NETWORK, "IngressClass"): ingress.ingress_class,
    (_NETWORK, "NetworkPolicy"): networking.network_policy,
    ("discovery.k8s.io", "EndpointSlice"): endpoints.endpoint_slice,
    (_NETWORK, "IPAddress"): networking.ip_address_object,
    (_NETWORK, "ServiceCIDR"): networking.service_cidr,
    (_STORAGE, "StorageClass"): storage.storage_class,
    (_STORAGE, "VolumeAttributesClass"): storage.attributes_class,
    (_STORAGE, "VolumeAttachment"): storage.attachment,
    (_STORAGE, "CSINode"): storage.csi_node,
    (_STORAGE, "CSIDriver"): storage.csi_driver,
    (_STORAGE, "CSIStorageCapacity"): storage.csi_capacity,
    (_RBAC, "Role"): rbac.role,
    (_RBAC, "ClusterRole"): rbac.role,
    (_RBAC, "RoleBinding"): rbac.role_binding,
    (_RBAC, "ClusterRoleBinding"): rbac.role_binding,
    ("resource.k8s.io", "ResourceClaim"): devices.claim,
    ("resource.k8s.io", "ResourceClaimTemplate"): devices.claim_template,
    ("resource.k8s.io", "DeviceClass"): devices.device_class,
    ("scheduling.k8s.io", "PriorityClass"): scheduling.priority_class,
    ("node.k8s.io", "RuntimeClass"): scheduling.runtime_class,
    ("coordination.k8s.io", "Lease"): scheduling.lease,
    ("certificates.k8s.io", "CertificateSigningRequest"): certificates.signing_request,
    (_ADMISSION, "ValidatingWebhookConfiguration"): webhooks.configuration,
    (_ADMISSION, "MutatingWebhookConfiguration"): webhooks.configuration,
    (_ADMISSION, "ValidatingAdmissionPolicy"): policies.validating_policy,
    (_ADMISSION, "MutatingAdmissionPolicy"): policies.mutating_policy,
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): policies.policy_binding,
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): policies.policy_binding,
    ("apiregistration.k8s.io", "APIService"): aggregation.api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.definition,
    (_FLOW, "FlowSchema"): flowcontrol.flow_schema,
    (_FLOW, "PriorityLevelConfiguration"): flowcontrol.priority_level,
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
    (_NETWORK, "Ingress"): ingress.ingress_update,
    (_NETWORK, "IngressClass"): ingress.ingress_class_update,
    (_NETWORK, "NetworkPolicy"): lambda new, old: networking.network_policy(new),
    (_NETWORK, "ServiceCIDR"): networking.service_cidr_update,
    (_STORAGE, "StorageClass"): storage.storage_class_update,
    (_NETWORK, "IPAddress"): networking.ip_address_object_update,
    (_STORAGE, "VolumeAttributesClass"): storage.attributes_class_update,
    (_STORAGE, "VolumeAttachment"): storage.attachment_update,
    (_STORAGE, "CSINode"): storage.csi_node_update,
    (_STORAGE, "CSIDriver"): storage.csi_driver_update,
    (_STORAGE, "CSIStorageCapacity"): storage.csi_capacity_update,
    (_RBAC, "Role"): lambda new, old: rbac.role(new),
    (_RBAC, "ClusterRole"): lambda new, old: rbac.role(new),
    (_RBAC, "RoleBinding"): rbac.role_binding_update,
    (_RBAC, "ClusterRoleBinding"): rbac.role_binding_update,
    ("scheduling.k8s.io", "PriorityClass"): scheduling.priority_class_update,
    ("node.k8s.io", "RuntimeClass"): scheduling.runtime_class_update,
    ("coordination.k8s.io", "Lease"): lambda new, old: scheduling.lease(new),
    ("resource.k8s.io", "ResourceSlice"): devices.slice_update,
    ("resource.k8s.io", "ResourceClaim"): devices.claim_update,
    ("resource.k8s.io", "ResourceClaimTemplate"): devices.claim_template_update,
    ("resource.k8s.io", "DeviceClass"): lambda new, old: devices.device_class(new),
    (_ADMISSION, "ValidatingWebhookConfiguration"): webhooks.configuration_update,
    (_ADMISSION, "MutatingWebhookConfiguration"): webhooks.configuration_update,
    (_ADMISSION, "ValidatingAdmissionPolicy"): lambda new, old: policies.validating_policy(new),
    (_ADMISSION, "MutatingAdmissionPolicy"): lambda new, old: policies.mutating_policy(new),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): lambda new, old: policies.policy_binding(new),
    (_ADMISSION, "MutatingAdmissionPolicyBinding"): lambda new, old: policies.policy_binding(new),
    ("apiregistration.k8s.io", "APIService"): lambda new, old: aggregation.api_service(new),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definitions.definition_update,
    (_FLOW, "FlowSchema"): lambda new, old: flowcontrol.flow_schema(new),
    (_FLOW, "PriorityLevelConfiguration"): lambda new, old: flowcontrol.priority_level(new),
}


def validate_kind(group: str, kind: str, obj: Obj) -> list[FieldError]:
    """Return what is wrong with a new object, besides its metadata."""
    found = _CREATE.get((group, kind))
    return found(obj) if found is not None else []


def validate_kind_update(group: str, kind: str, new: Obj, old: Obj) -> list[FieldError]:
    """Return what is wrong with the change from `old` to `new`, besides metadata."""
    found = _UPDATE.get((group, kind))
    return found(new, old) if found is not None else []
