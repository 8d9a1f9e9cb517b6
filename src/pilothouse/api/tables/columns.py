"""The columns of built-in kinds: name, type, format and priority; the description is that of a field, or stated here.

One line per column: `Name | type[:format] | priority | =Type.field` or `| text`. `names.bin` of the scheme holds the field texts.
"""

from __future__ import annotations

NAME = "Name | string:name | 0 | =ObjectMeta.name"
AGE = "Age | string | 0 | =ObjectMeta.creationTimestamp"
_CONTAINERS = "Containers | string | 1 | Names of each container in the template."
_IMAGES = "Images | string | 1 | Images referenced by each container in the template."
_READY = "Ready | string | 0 | Number of the pod with ready state"
_HOOKS = "Webhooks | integer | 0 | Webhooks indicates the number of webhooks registered in this configuration"
_RESTARTS = (
    "Restarts | string | 0 | The number of times the containers in this pod have been restarted and when the last container in "
    "this pod has restarted."
)
_LIMIT = (
    "Limit | string | 0 | Limits control the maximum amount of cpu/memory that a container may use independent of contention on "
    "the node."
)


def _selector(kind: str) -> str:
    return f"Selector | string | 1 | ={kind}.selector"


def _replicas(kind: str) -> tuple[str, ...]:
    return (
        NAME, f"Desired | integer | 0 | ={kind}Spec.replicas", f"Current | integer | 0 | ={kind}Status.replicas",
        f"Ready | integer | 0 | ={kind}Status.readyReplicas", AGE, _CONTAINERS, _IMAGES, _selector(f"{kind}Spec"),
    )  # fmt: skip


_SIGNER = (
    "Requested signer for the request. It is a qualified name in the form: `scope-hostname.io/name`. If empty, it will be "
    'defaulted:\n 1. If it\'s a kubelet client certificate, it is assigned\n    "kubernetes.io/kube-apiserver-client-kubelet".'
    '\n 2. If it\'s a kubelet serving certificate, it is assigned\n    "kubernetes.io/kubelet-serving".\n'
    ' 3. Otherwise, it is assigned "kubernetes.io/legacy-unknown".\nDistribution of trust for signers happens out of band. '
    "You can select on this field using `spec.signerName`."
)
_POLICY_BINDING = (
    NAME, "PolicyName | string | 0 | PolicyName indicates the policy definition which the policy binding binded to",
    "ParamRef | string | 0 | ParamRef indicates the param resource which sets the configuration param", AGE,
)  # fmt: skip
COLUMNS: dict[str, tuple[str, ...]] = {
    "Pod": (
        NAME, "Ready | string | 0 | The aggregate readiness state of this pod for accepting traffic.",
        "Status | string | 0 | The aggregate status of the containers in this pod.",
        _RESTARTS,
        AGE, "IP | string | 1 | =PodStatus.podIP", "Node | string | 1 | =PodSpec.nodeName",
        "Nominated Node | string | 1 | =PodStatus.nominatedNodeName", "Readiness Gates | string | 1 | =PodSpec.readinessGates",
    ),
    "PodTemplate": (
        NAME, "Containers | string | 0 | Names of each container in the template.",
        "Images | string | 0 | Images referenced by each container in the template.",
        "Pod Labels | string | 0 | The labels for the pod template.",
    ),
    "Deployment": (
        NAME, _READY, "Up-to-date | string | 0 | =DeploymentStatus.updatedReplicas",
        "Available | string | 0 | =DeploymentStatus.availableReplicas", AGE, _CONTAINERS, _IMAGES, _selector("DeploymentSpec"),
    ),
    "ReplicaSet": _replicas("ReplicaSet"),
    "ReplicationController": _replicas("ReplicationController"),
    "StatefulSet": (NAME, _READY, AGE, _CONTAINERS, _IMAGES),
    "DaemonSet": (
        NAME, "Desired | integer | 0 | =DaemonSetStatus.desiredNumberScheduled",
        "Current | integer | 0 | =DaemonSetStatus.currentNumberScheduled", "Ready | integer | 0 | =DaemonSetStatus.numberReady",
        "Up-to-date | integer | 0 | =DaemonSetStatus.updatedNumberScheduled",
        "Available | integer | 0 | =DaemonSetStatus.numberAvailable", "Node Selector | string | 0 | =PodSpec.nodeSelector", AGE,
        _CONTAINERS, _IMAGES, _selector("DaemonSetSpec"),
    ),
    "Job": (
        NAME, "Status | string | 0 | Status of the job.", "Completions | string | 0 | =JobStatus.succeeded",
        "Duration | string | 0 | Time required to complete the job.", AGE, _CONTAINERS, _IMAGES, _selector("JobSpec"),
    ),
    "CronJob": (
        NAME, "Schedule | string | 0 | =CronJobSpec.schedule", "Timezone | string | 0 | =CronJobSpec.timeZone",
        "Suspend | boolean | 0 | =CronJobSpec.suspend", "Active | integer | 0 | =CronJobStatus.active",
        "Last Schedule | string | 0 | =CronJobStatus.lastScheduleTime", AGE, _CONTAINERS, _IMAGES, _selector("JobSpec"),
    ),
    "Service": (
        NAME, "Type | string | 0 | =ServiceSpec.type", "Cluster-IP | string | 0 | =ServiceSpec.clusterIP",
        "External-IP | string | 0 | =ServiceSpec.externalIPs", "Port(s) | string | 0 | =ServiceSpec.ports", AGE,
        _selector("ServiceSpec"),
    ),
    "Ingress": (
        NAME,
        "Class | string | 0 | The name of the IngressClass resource that should be used for additional configuration",
        "Hosts | string | 0 | Hosts that incoming requests are matched against before the ingress rule",
        "Address | string | 0 | Address is a list containing ingress points for the load-balancer",
        "Ports | string | 0 | Ports of TLS configurations that open", AGE,
    ),
    "IngressClass": (
        NAME, "Controller | string | 0 | Controller that is responsible for handling this class",
        "Parameters | string | 0 | A reference to a resource with additional parameters", AGE,
    ),
    "NetworkPolicy": (NAME, "Pod-Selector | string | 0 | =NetworkPolicySpec.podSelector", AGE),
    "ConfigMap": (NAME, "Data | string | 0 | =ConfigMap.data", AGE),
    "Secret": (NAME, "Type | string | 0 | =Secret.type", "Data | string | 0 | =Secret.data", AGE),
    "PersistentVolumeClaim": (
        NAME, "Status | string | 0 | =PersistentVolumeClaimStatus.phase",
        "Volume | string | 0 | =PersistentVolumeClaimSpec.volumeName",
        "Capacity | string | 0 | =PersistentVolumeClaimStatus.capacity",
        "Access Modes | string | 0 | =PersistentVolumeClaimStatus.accessModes",
        "StorageClass | string | 0 | StorageClass of the pvc",
        "VolumeAttributesClass | string | 0 | VolumeAttributesClass of the pvc", AGE,
        "VolumeMode | string | 1 | =PersistentVolumeClaimSpec.volumeMode",
    ),
    "PersistentVolume": (
        NAME, "Capacity | string | 0 | =PersistentVolumeSpec.capacity",
        "Access Modes | string | 0 | =PersistentVolumeSpec.accessModes",
        "Reclaim Policy | string | 0 | =PersistentVolumeSpec.persistentVolumeReclaimPolicy",
        "Status | string | 0 | =PersistentVolumeStatus.phase", "Claim | string | 0 | =PersistentVolumeSpec.claimRef",
        "StorageClass | string | 0 | StorageClass of the pv",
        "VolumeAttributesClass | string | 0 | VolumeAttributesClass of the pv",
        "Reason | string | 0 | =PersistentVolumeStatus.reason", AGE, "VolumeMode | string | 1 | =PersistentVolumeSpec.volumeMode",
    ),
    "StorageClass": (
        NAME, "Provisioner | string | 0 | =StorageClass.provisioner", "ReclaimPolicy | string | 0 | =StorageClass.reclaimPolicy",
        "VolumeBindingMode | string | 0 | =StorageClass.volumeBindingMode",
        "AllowVolumeExpansion | string | 0 | =StorageClass.allowVolumeExpansion", AGE,
    ),
    "CSIDriver": (
        NAME, "AttachRequired | boolean | 0 | =CSIDriverSpec.attachRequired",
        "PodInfoOnMount | boolean | 0 | =CSIDriverSpec.podInfoOnMount",
        "StorageCapacity | boolean | 0 | =CSIDriverSpec.storageCapacity",
        "TokenRequests | string | 0 | =CSIDriverSpec.tokenRequests",
        "RequiresRepublish | boolean | 0 | =CSIDriverSpec.requiresRepublish",
        "Modes | string | 0 | =CSIDriverSpec.volumeLifecycleModes", AGE,
    ),
    "CSINode": (NAME, "Drivers | integer | 0 | Drivers indicates the number of CSI drivers registered on the node", AGE),
    "VolumeAttachment": (
        NAME, "Attacher | string:name | 0 | =VolumeAttachmentSpec.attacher",
        "PV | string | 0 | =VolumeAttachmentSource.persistentVolumeName", "Node | string | 0 | =VolumeAttachmentSpec.nodeName",
        "Attached | boolean | 0 | =VolumeAttachmentStatus.attached", AGE,
    ),
    "VolumeAttributesClass": (NAME, "DriverName | string | 0 | =VolumeAttributesClass.driverName", AGE),
    "HorizontalPodAutoscaler": (
        NAME, "Reference | string | 0 | =HorizontalPodAutoscalerSpec.scaleTargetRef",
        "Targets | string | 0 | =HorizontalPodAutoscalerSpec.metrics",
        "MinPods | string | 0 | =HorizontalPodAutoscalerSpec.minReplicas",
        "MaxPods | string | 0 | =HorizontalPodAutoscalerSpec.maxReplicas",
        "Replicas | string | 0 | =HorizontalPodAutoscalerStatus.currentReplicas", AGE,
    ),
    "PodDisruptionBudget": (
        NAME, "Min Available | string | 0 | The minimum number of pods that must be available.",
        "Max Unavailable | string | 0 | The maximum number of pods that may be unavailable.",
        "Allowed Disruptions | integer | 0 | Calculated number of pods that may be disrupted at this time.", AGE,
    ),
    "ServiceAccount": (NAME, AGE),
    "ResourceQuota": (
        NAME, "Request | string | 0 | Request represents a minimum amount of cpu/memory that a container may consume.",
        _LIMIT,
        AGE,
    ),
    "PriorityClass": (
        NAME, "Value | integer | 0 | =PriorityClass.value", "Global-Default | boolean | 0 | =PriorityClass.globalDefault", AGE,
        "PreemptionPolicy | string | 0 | =PriorityClass.preemptionPolicy",
    ),
    "RuntimeClass": (NAME, "Handler | string | 0 | ", AGE),
    "Lease": (NAME, "Holder | string | 0 | =LeaseSpec.holderIdentity", AGE),
    "Event": (
        "Last Seen | string | 0 | =Event.lastTimestamp", "Type | string | 0 | =Event.type", "Reason | string | 0 | =Event.reason",
        "Object | string | 0 | =Event.involvedObject", "Subobject | string | 1 | =ObjectReference.fieldPath",
        "Source | string | 1 | =Event.source", "Message | string | 0 | =Event.message",
        "First Seen | string | 1 | =Event.firstTimestamp", "Count | string | 1 | =Event.count",
        "Name | string:name | 1 | =ObjectMeta.name",
    ),
    "Endpoints": (NAME, "Endpoints | string | 0 | =Endpoints.subsets", AGE),
    "EndpointSlice": (
        NAME, "AddressType | string | 0 | =EndpointSlice.addressType", "Ports | string | 0 | =EndpointSlice.ports",
        "Endpoints | string | 0 | =EndpointSlice.endpoints", AGE,
    ),
    "ValidatingAdmissionPolicy": (
        NAME, "Validations | integer | 0 | Validations indicates the number of validation rules defined in this configuration",
        "ParamKind | string | 0 | ParamKind specifies the kind of resources used to parameterize this policy", AGE,
    ),
    "ValidatingAdmissionPolicyBinding": _POLICY_BINDING,
    "MutatingAdmissionPolicy": (
        NAME, "Mutations | integer | 0 | Mutation indicates the number of mutations rules defined in this configuration",
        "ParamKind | string | 0 | ParamKind specifies the kind of resources used to parameterize this policy", AGE,
    ),
    "MutatingAdmissionPolicyBinding": _POLICY_BINDING,
    "ValidatingWebhookConfiguration": (NAME, _HOOKS, AGE),
    "MutatingWebhookConfiguration": (NAME, _HOOKS, AGE),
    "CertificateSigningRequest": (
        NAME, AGE, f"SignerName | string | 0 | {_SIGNER}",
        "Requestor | string | 0 | Base64-encoded PKCS#10 CSR data",
        "RequestedDuration | string | 0 | =CertificateSigningRequestSpec.expirationSeconds",
        "Condition | string | 0 | Conditions applied to the request, such as approval or denial.",
    ),
    "FlowSchema": (
        NAME, "PriorityLevel | string | 0 | =PriorityLevelConfigurationReference.name",
        "MatchingPrecedence | string | 0 | =FlowSchemaSpec.matchingPrecedence",
        "DistinguisherMethod | string | 0 | =FlowSchemaSpec.distinguisherMethod", AGE,
        "MissingPL | string | 0 | references a broken or non-existent PriorityLevelConfiguration",
    ),
    "PriorityLevelConfiguration": (
        NAME, "Type | string | 0 | =PriorityLevelConfigurationSpec.type",
        "NominalConcurrencyShares | string | 0 | =LimitedPriorityLevelConfiguration.nominalConcurrencyShares",
        "Queues | string | 0 | =QueuingConfiguration.queues", "HandSize | string | 0 | =QueuingConfiguration.handSize",
        "QueueLengthLimit | string | 0 | =QueuingConfiguration.queueLengthLimit", AGE,
    ),
    "IPAddress": (NAME, "ParentRef | string | 0 | =IPAddressSpec.parentRef"),
    "ServiceCIDR": (NAME, "CIDRs | string | 0 | =ServiceCIDRSpec.cidrs", AGE),
    "ResourceSlice": (
        NAME, "Node | string | 0 | =ResourceSliceSpec.nodeName", "Driver | string | 0 | =ResourceSliceSpec.driver",
        "Pool | string | 0 | =ResourcePool.name", AGE,
    ),
    "ResourceClaim": (
        NAME, "State | string | 0 | A summary of the current state (allocated, pending, reserved, etc.).", AGE,
    ),
    "ResourceClaimTemplate": (NAME, AGE),
    "DeviceClass": (NAME, AGE),
    "Node": (
        NAME, "Status | string | 0 | The status of the node", "Roles | string | 0 | The roles of the node", AGE,
        "Version | string | 0 | =NodeSystemInfo.kubeletVersion", "Internal-IP | string | 1 | =NodeStatus.addresses",
        "External-IP | string | 1 | =NodeStatus.addresses", "OS-Image | string | 1 | =NodeSystemInfo.osImage",
        "Kernel-Version | string | 1 | =NodeSystemInfo.kernelVersion",
        "Container-Runtime | string | 1 | =NodeSystemInfo.containerRuntimeVersion",
    ),
    "Namespace": (NAME, "Status | string | 0 | The status of the namespace", AGE),
    "APIService": (
        NAME, "Service | string | 0 | The reference to the service that hosts this API endpoint.",
        "Available | string | 0 | Whether this service is available.", AGE,
    ),
    "Scale": (
        "Name | string | 0 | =ObjectMeta.name", "Desired | integer | 0 | =ScaleSpec.replicas",
        "Available | integer | 0 | =ScaleStatus.replicas", AGE,
    ),
    "RoleBinding": (
        NAME, "Role | string | 0 | =RoleBinding.roleRef", AGE, "Users | string | 1 | Users in the roleBinding",
        "Groups | string | 1 | Groups in the roleBinding",
        "ServiceAccounts | string | 1 | ServiceAccounts in the roleBinding",
    ),
    "ClusterRoleBinding": (
        NAME, "Role | string | 0 | =ClusterRoleBinding.roleRef", AGE, "Users | string | 1 | Users in the clusterRoleBinding",
        "Groups | string | 1 | Groups in the clusterRoleBinding",
        "ServiceAccounts | string | 1 | ServiceAccounts in the clusterRoleBinding",
    ),
    "ComponentStatus": (
        NAME, "Status | string | 0 | Status of the component conditions",
        "Message | string | 0 | Message of the component conditions",
        "Error | string | 0 | Error of the component conditions",
    ),
    "ControllerRevision": (
        NAME, "Controller | string | 0 | Controller of the object", "Revision | string | 0 | =ControllerRevision.revision", AGE,
    ),
}  # fmt: skip


def references() -> list[str]:
    """Return every field whose description is used."""
    return sorted({line.rsplit("| =", 1)[1] for lines in COLUMNS.values() for line in lines if "| =" in line})
