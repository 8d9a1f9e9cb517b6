"""Kinds as clients address them: group, version, plural and scope.

`Kind` is all a client needs to build a path. The constants are the built-in kinds that controllers use; for others a `Kind`
is written by hand or found by `discovery`.
"""

from __future__ import annotations

import msgspec


class Kind(msgspec.Struct, frozen=True, gc=False):
    """One resource type."""

    api_version: str
    """`v1`, `apps/v1`."""
    kind: str
    plural: str
    is_namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def group_kind(self) -> str:
        """`Deployment.apps`, `Pod`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def resource_name(self) -> str:
        """`deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the URL path; an empty namespace addresses all of them."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = [root]
        if self.is_namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts.append(self.plural)
        parts += [part for part in (name, subresource) if part]
        return "/".join(parts)


def _core(kind: str, plural: str, is_namespaced: bool = True) -> Kind:
    return Kind("v1", kind, plural, is_namespaced)


POD = _core("Pod", "pods")
SERVICE = _core("Service", "services")
ENDPOINTS = _core("Endpoints", "endpoints")
CONFIG_MAP = _core("ConfigMap", "configmaps")
SECRET = _core("Secret", "secrets")
EVENT = _core("Event", "events")
NAMESPACE = _core("Namespace", "namespaces", False)
NODE = _core("Node", "nodes", False)
RESOURCE_QUOTA = _core("ResourceQuota", "resourcequotas")
SERVICE_ACCOUNT = _core("ServiceAccount", "serviceaccounts")
PERSISTENT_VOLUME = _core("PersistentVolume", "persistentvolumes", False)
PERSISTENT_VOLUME_CLAIM = _core("PersistentVolumeClaim", "persistentvolumeclaims")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
REPLICATION_CONTROLLER = Kind("v1", "ReplicationController", "replicationcontrollers")
REPLICA_SET = Kind("apps/v1", "ReplicaSet", "replicasets")
STATEFUL_SET = Kind("apps/v1", "StatefulSet", "statefulsets")
DAEMON_SET = Kind("apps/v1", "DaemonSet", "daemonsets")
CONTROLLER_REVISION = Kind("apps/v1", "ControllerRevision", "controllerrevisions")
JOB = Kind("batch/v1", "Job", "jobs")
CRON_JOB = Kind("batch/v1", "CronJob", "cronjobs")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
POD_DISRUPTION_BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass", "storageclasses", False)
PRIORITY_CLASS = Kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", False)
CUSTOM_RESOURCE_DEFINITION = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", False)
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", False)
CERTIFICATE_SIGNING_REQUEST = Kind("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", False)
SUBJECT_ACCESS_REVIEW = Kind("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", False)
