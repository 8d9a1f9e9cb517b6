"""What the built-in controllers declare about themselves, and how they start."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pilothouse.cluster.workloads.cronjobs.controller import CronJobController
from pilothouse.cluster.workloads.daemonsets.controller import DaemonSetController
from pilothouse.cluster.workloads.deployments.controller import DeploymentController
from pilothouse.cluster.workloads.disruption.controller import DisruptionController
from pilothouse.cluster.workloads.endpointslices.controller import EndpointSliceController
from pilothouse.cluster.workloads.endpointslices.mirroring import EndpointSliceMirroring
from pilothouse.cluster.workloads.garbagecollector.controller import GarbageCollector
from pilothouse.cluster.workloads.identity.accounts import ServiceAccountController
from pilothouse.cluster.workloads.identity.bootstraptokens import TokenCleaner
from pilothouse.cluster.workloads.identity.certificates import CertificateController
from pilothouse.cluster.workloads.identity.clusterroles import ClusterRoleAggregator
from pilothouse.cluster.workloads.identity.tokens import TokenController
from pilothouse.cluster.workloads.jobs.controller import JobController
from pilothouse.cluster.workloads.namespaces.controller import NamespaceController
from pilothouse.cluster.workloads.namespaces.quotas import QuotaController
from pilothouse.cluster.workloads.replicasets.controller import ReplicaSetController, ReplicationManager
from pilothouse.cluster.workloads.statefulsets.controller import StatefulSetController
from pilothouse.cluster.workloads.volumes.adapters import DirectoryProvisioner
from pilothouse.cluster.workloads.volumes.controller import VolumeController
from pilothouse.cluster.workloads.volumes.engine import default_storage_class
from pilothouse.kit.backoff import patiently
from pilothouse.kit.errors import AlreadyExists
from pilothouse.kit.registry import Capability
from pilothouse.sdk.client import Client
from pilothouse.sdk.kinds import STORAGE_CLASS
from pilothouse.sdk.manager import Manager
from pilothouse.wire.tls import KeyPair


class WorkloadsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the built-in controllers."""

    root_ca_pem: str = ""
    """Certificate published to every namespace for verifying the API server."""
    authority_key_pem: str = ""
    """Key of that certificate: CertificateSigningRequests are signed with it, and not at all without it."""
    volumes_dir: str = "volumes"
    """Directory for provisioned volumes."""


async def start(manager: Manager, config: WorkloadsConfig) -> Manager:
    """Add every controller to `manager`; they run when the manager starts."""
    for controller in (
        ReplicaSetController, ReplicationManager, DeploymentController, StatefulSetController, DaemonSetController,
        JobController, CronJobController, EndpointSliceController, EndpointSliceMirroring, NamespaceController,
        DisruptionController, GarbageCollector, QuotaController, ClusterRoleAggregator, TokenCleaner,
    ):  # fmt: skip
        controller(manager)
    ServiceAccountController(manager, config.root_ca_pem)
    TokenController(manager, config.root_ca_pem)
    if config.authority_key_pem:
        CertificateController(manager, KeyPair(config.root_ca_pem.encode(), config.authority_key_pem.encode()))
    VolumeController(manager, DirectoryProvisioner(Path(config.volumes_dir)))
    await patiently(manager.clock, lambda: _default_storage_class(manager.client))
    return manager


async def _default_storage_class(client: Client) -> None:
    try:
        await client.create(STORAGE_CLASS, default_storage_class())
    except AlreadyExists:
        return


CAPABILITY = Capability(
    id="cluster.workloads",
    summary="Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, endpoints, volumes, namespaces, quotas, GC",
    stability="alpha",
    kinds=(
        "apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "batch/v1/Job",
        "batch/v1/CronJob", "discovery.k8s.io/v1/EndpointSlice", "v1/Endpoints",
        "certificates.k8s.io/v1/CertificateSigningRequest",
        "v1/Namespace", "v1/ResourceQuota", "v1/ServiceAccount", "rbac.authorization.k8s.io/v1/ClusterRole",
        "v1/PersistentVolumeClaim",
        "v1/PersistentVolume", "v1/ReplicationController", "apps/v1/ControllerRevision", "policy/v1/PodDisruptionBudget",
    ),
    config=WorkloadsConfig,
    start=start,
)  # fmt: skip
