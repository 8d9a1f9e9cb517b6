"""The fields of the reference server's in-memory types, in the order in which its messages print them.

One line per type. A field is its name and how it looks when it is absent: `Name` text, `Name!` a boolean, `Name#` a number,
`Name?` a pointer, list or map (null), `Name*` a list that is always written (empty). `:Type` says what the value holds, `@Type`
embeds the fields of a type, and `=name` gives the name of the field in the API where it does not follow from the Go name, with ^
when it lies in the object around it. Source: the internal types of Kubernetes 1.36 (`k8s.io/kubernetes/pkg/apis`), whose names
and order its messages show.
"""

from __future__ import annotations

POD = {
    "PodTemplateSpec": "@ObjectMeta Spec:PodSpec",
    "PodSpec": (
        "Volumes?:Volume InitContainers?:Container Containers?:Container EphemeralContainers?:EphemeralContainer RestartPolicy "
        "TerminationGracePeriodSeconds? ActiveDeadlineSeconds? DNSPolicy NodeSelector? ServiceAccountName "
        "AutomountServiceAccountToken? NodeName SecurityContext?:PodSecurityContext ImagePullSecrets?:LocalReference Hostname "
        "Subdomain SetHostnameAsFQDN? Affinity?:Affinity SchedulerName Tolerations?:Toleration HostAliases?:HostAlias "
        "PriorityClassName Priority? PreemptionPolicy? DNSConfig?:DNSConfig ReadinessGates?:ReadinessGate RuntimeClassName? "
        "Overhead? EnableServiceLinks? TopologySpreadConstraints?:TopologySpread OS?:OS SchedulingGates?:LocalReference "
        "ResourceClaims?:PodResourceClaim Resources?:Resources HostnameOverride? SchedulingGroup?:SchedulingGroup"
    ),
    "PodSecurityContext": (
        "HostNetwork!=^hostNetwork HostPID!=^hostPID HostIPC!=^hostIPC ShareProcessNamespace?=^shareProcessNamespace "
        "HostUsers?=^hostUsers SELinuxOptions?:SELinux WindowsOptions?:Windows RunAsUser? RunAsGroup? RunAsNonRoot? "
        "SupplementalGroups? SupplementalGroupsPolicy? FSGroup? FSGroupChangePolicy? Sysctls?:Sysctl "
        "SeccompProfile?:Profile AppArmorProfile?:Profile SELinuxChangePolicy?"
    ),
    "SchedulingGroup": "PodGroupName?",
    "LocalReference": "Name",
    "OS": "Name",
    "Sysctl": "Name Value",
    "SELinux": "User Role Type Level",
    "Windows": "GMSACredentialSpecName? GMSACredentialSpec? RunAsUserName? HostProcess?",
    "Profile": "Type LocalhostProfile?",
    "HostAlias": "IP Hostnames?",
    "ReadinessGate": "ConditionType",
    "PodResourceClaim": "Name ResourceClaimName? ResourceClaimTemplateName?",
    "DNSConfig": "Nameservers? Searches? Options?:DNSOption",
    "DNSOption": "Name Value?",
    "Toleration": "Key Operator Value Effect TolerationSeconds?",
    "Taint": "Key Value Effect TimeAdded?",
    "TopologySpread": (
        "MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector? MinDomains? NodeAffinityPolicy? NodeTaintsPolicy? MatchLabelKeys?"
    ),
    "Affinity": "NodeAffinity?:NodeAffinity PodAffinity?:PodAffinity PodAntiAffinity?:PodAffinity",
    "NodeAffinity": (
        "RequiredDuringSchedulingIgnoredDuringExecution?:NodeSelector "
        "PreferredDuringSchedulingIgnoredDuringExecution?:PreferredTerm"
    ),
    "NodeSelector": "NodeSelectorTerms?:NodeTerm",
    "NodeTerm": "MatchExpressions?:NodeRequirement MatchFields?:NodeRequirement",
    "NodeRequirement": "Key Operator Values?",
    "PreferredTerm": "Weight# Preference:NodeTerm",
    "PodAffinity": (
        "RequiredDuringSchedulingIgnoredDuringExecution?:PodTerm PreferredDuringSchedulingIgnoredDuringExecution?:WeightedTerm"
    ),
    "PodTerm": "LabelSelector? Namespaces? TopologyKey NamespaceSelector? MatchLabelKeys? MismatchLabelKeys?",
    "WeightedTerm": "Weight# PodAffinityTerm:PodTerm",
}
CONTAINER = {
    "Container": (
        "Name Image Command? Args? WorkingDir Ports?:ContainerPort EnvFrom?:EnvFrom Env?:Env Resources:Resources "
        "ResizePolicy?:ResizePolicy RestartPolicy? RestartPolicyRules?:RestartRule VolumeMounts?:Mount "
        "VolumeDevices?:Device LivenessProbe?:Probe ReadinessProbe?:Probe StartupProbe?:Probe Lifecycle?:Lifecycle "
        "TerminationMessagePath TerminationMessagePolicy ImagePullPolicy SecurityContext?:SecurityContext Stdin! StdinOnce! TTY!"
    ),
    "EphemeralContainer": "@Container TargetContainerName",
    "ContainerPort": "Name HostPort# ContainerPort# Protocol HostIP",
    "EnvFrom": "Prefix ConfigMapRef?:Optional SecretRef?:Optional",
    "Optional": "Name Optional?",
    "Env": "Name Value ValueFrom?:EnvSource",
    "EnvSource": (
        "FieldRef?:FieldRef ResourceFieldRef?:ResourceRef ConfigMapKeyRef?:KeyRef SecretKeyRef?:KeyRef FileKeyRef?:FileRef"
    ),
    "FieldRef": "APIVersion FieldPath",
    "ResourceRef": "ContainerName Resource Divisor#",
    "KeyRef": "Name Key Optional?",
    "FileRef": "VolumeName Path Key Optional?",
    "Resources": "Limits? Requests? Claims?:ClaimRef",
    "ClaimRef": "Name Request",
    "ResizePolicy": "ResourceName RestartPolicy",
    "RestartRule": "Action ExitCodes?:ExitCodes",
    "ExitCodes": "Operator Values?",
    "Mount": "Name ReadOnly! RecursiveReadOnly? MountPath SubPath MountPropagation? SubPathExpr",
    "Device": "Name DevicePath",
    "Probe": (
        "@Handler InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# FailureThreshold# "
        "TerminationGracePeriodSeconds?"
    ),
    "Handler": "Exec?:Exec HTTPGet?:HTTPGet TCPSocket?:TCPSocket GRPC?:GRPC",
    "Exec": "Command?",
    "HTTPGet": "Path Port# Host Scheme HTTPHeaders?:Header",
    "Header": "Name Value",
    "TCPSocket": "Port# Host",
    "GRPC": "Port# Service?",
    "Lifecycle": "PostStart?:LifecycleHandler PreStop?:LifecycleHandler StopSignal?",
    "LifecycleHandler": "Exec?:Exec HTTPGet?:HTTPGet TCPSocket?:TCPSocket Sleep?:Sleep",
    "Sleep": "Seconds#",
    "SecurityContext": (
        "Capabilities?:Capabilities Privileged? SELinuxOptions?:SELinux WindowsOptions?:Windows RunAsUser? RunAsGroup? "
        "RunAsNonRoot? ReadOnlyRootFilesystem? AllowPrivilegeEscalation? ProcMount? SeccompProfile?:Profile "
        "AppArmorProfile?:Profile"
    ),
    "Capabilities": "Add? Drop?",
}
VOLUME = {
    "Volume": "Name @VolumeSource",
    "VolumeSource": (
        "HostPath?:HostPath EmptyDir?:EmptyDir GCEPersistentDisk?:GCEDisk AWSElasticBlockStore?:AWSDisk GitRepo?:GitRepo "
        "Secret?:SecretVolume NFS?:NFS ISCSI? Glusterfs?:Glusterfs PersistentVolumeClaim?:ClaimVolume RBD? Quobyte? FlexVolume? "
        "Cinder? CephFS?=cephfs Flocker? DownwardAPI?:DownwardAPI FC? AzureFile? ConfigMap?:ConfigMapVolume VsphereVolume? "
        "AzureDisk? PhotonPersistentDisk? Projected?:Projected PortworxVolume? ScaleIO? StorageOS?=storageos CSI?:CSI "
        "Ephemeral?:Ephemeral Image?:Image"
    ),
    "PersistentVolumeSource": (
        "GCEPersistentDisk?:GCEDisk AWSElasticBlockStore?:AWSDisk HostPath?:HostPath Glusterfs? NFS?:NFS RBD? Quobyte? ISCSI? "
        "FlexVolume? Cinder? CephFS?=cephfs FC? Flocker? AzureFile? VsphereVolume? AzureDisk? PhotonPersistentDisk? "
        "PortworxVolume? ScaleIO? Local?:Local StorageOS?=storageos CSI?:PersistentCSI"
    ),
    "PersistentVolumeClaimSpec": (
        "AccessModes? Selector? Resources:ClaimResources VolumeName StorageClassName? VolumeMode? DataSource?:TypedReference "
        "DataSourceRef?:ForeignReference VolumeAttributesClassName?"
    ),
    "ClaimResources": "Limits? Requests?",
    "TypedReference": "APIGroup? Kind Name",
    "ForeignReference": "APIGroup? Kind Name Namespace?",
    "HostPath": "Path Type",
    "EmptyDir": "Medium SizeLimit?",
    "GCEDisk": "PDName FSType Partition# ReadOnly!",
    "AWSDisk": "VolumeID FSType Partition# ReadOnly!",
    "GitRepo": "Repository Revision Directory",
    "SecretVolume": "SecretName Items?:KeyToPath DefaultMode? Optional?",
    "ConfigMapVolume": "Name Items?:KeyToPath DefaultMode? Optional?",
    "KeyToPath": "Key Path Mode?",
    "NFS": "Server Path ReadOnly!",
    "Glusterfs": "EndpointsName=endpoints Path ReadOnly!",
    "ClaimVolume": "ClaimName ReadOnly!",
    "DownwardAPI": "Items?:DownwardFile DefaultMode?",
    "DownwardFile": "Path FieldRef?:FieldRef ResourceFieldRef?:ResourceRef Mode?",
    "Projected": "Sources?:Projection DefaultMode?",
    "Projection": (
        "Secret?:KeysVolume DownwardAPI?:DownwardItems ConfigMap?:KeysVolume ServiceAccountToken?:TokenVolume "
        "ClusterTrustBundle?:TrustBundle PodCertificate?:PodCertificate"
    ),
    "KeysVolume": "Name Items?:KeyToPath Optional?",
    "DownwardItems": "Items?:DownwardFile",
    "TokenVolume": "Audience ExpirationSeconds# Path",
    "TrustBundle": "Name? SignerName? LabelSelector? Optional? Path",
    "PodCertificate": (
        "SignerName KeyType MaxExpirationSeconds? CredentialBundlePath KeyPath CertificateChainPath UserAnnotations?"
    ),
    "CSI": "Driver ReadOnly? FSType? VolumeAttributes? NodePublishSecretRef?:LocalReference",
    "PersistentCSI": (
        "Driver VolumeHandle ReadOnly! FSType VolumeAttributes? ControllerPublishSecretRef? NodeStageSecretRef? "
        "NodePublishSecretRef? ControllerExpandSecretRef? NodeExpandSecretRef?"
    ),
    "Local": "Path FSType?",
    "Ephemeral": "VolumeClaimTemplate?:ClaimTemplate",
    "ClaimTemplate": "@ObjectMeta Spec:PersistentVolumeClaimSpec",
    "Image": "Reference PullPolicy",
}
OTHER = {
    "DeploymentStrategy": "Type RollingUpdate?:RollingUpdate",
    "RollingUpdate": "MaxUnavailable? MaxSurge?",
    "StatefulSetStrategy": "Type RollingUpdate?:StatefulRollingUpdate",
    "StatefulRollingUpdate": "Partition# MaxUnavailable?",
    "SuccessPolicy": "Rules*:SuccessRule",
    "PodFailurePolicy": "Rules?:PodFailureRule",
    "PodFailureRule": "Action OnExitCodes?:OnExitCodes OnPodConditions?:PodConditionPattern",
    "OnExitCodes": "ContainerName? Operator Values?",
    "PodConditionPattern": "Type Status",
    "SuccessRule": "SucceededIndexes? SucceededCount?",
    "ServicePort": "Name Protocol AppProtocol? Port# TargetPort# NodePort#",
    "DisruptionBudgetSpec": "MinAvailable? Selector? MaxUnavailable? UnhealthyPodEvictionPolicy?",
    "ObjectReference": "Kind Namespace Name UID APIVersion ResourceVersion FieldPath",
    "EventSource": "Component Host",
    "ParentReference": "Group Resource Namespace Name",
    "VolumeAttachmentSpec": "Attacher Source:VolumeAttachmentSource NodeName",
    "VolumeAttachmentSource": "PersistentVolumeName? InlineVolumeSpec?",
    "CSINodeDriver": "Name NodeID TopologyKeys? Allocatable?:VolumeNodeResources",
    "VolumeNodeResources": "Count?",
    "Metadata": "@ObjectMeta",
    "AuditAnnotation": "Key ValueExpression",
    "DistinguisherMethod": "Type",
    "RoleRef": "APIGroup Kind Name",
    "NonResourceAttributes": "Path Verb",
    "ResourceClaimTemplateSpec": "@ObjectMeta Spec:ResourceClaimSpec",
    "ResourceClaimSpec": "Devices:DeviceClaim",
    "DeviceClaim": "Requests*:DeviceRequest Constraints?:DeviceConstraint Config?",
    "DeviceRequest": "Name Exactly?:ExactRequest FirstAvailable?",
    "ExactRequest": "DeviceClassName Selectors? AllocationMode Count# AdminAccess? Tolerations? Capacity?",
    "DeviceConstraint": "Requests? MatchAttribute? DistinctAttribute?",
    "DefinitionVersion": (
        "Name Served! Storage! Deprecated! DeprecationWarning? Schema? Subresources? AdditionalPrinterColumns? SelectableFields?"
    ),
    "ValidationRule": "Rule Message MessageExpression Reason? FieldPath OptionalOldSelf?",
}
STRUCTS: dict[str, str] = {**POD, **CONTAINER, **VOLUME, **OTHER}
