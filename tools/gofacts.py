"""What the Go types of the API say about empty values, where no schema states it and no rule of names holds.

`generate_schemas` marks fields by these tables. Source: the types of k8s.io/api, apiextensions-apiserver and kube-aggregator,
version 0.36. A pointer keeps the empty value that somebody stated; a value that is omitted when it is empty does not.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


POINTERS = words(
    """
    AllocatedDeviceStatus.shareID AppArmorProfile.localhostProfile AzureDiskVolumeSource.cachingMode
    AzureDiskVolumeSource.fsType AzureDiskVolumeSource.readOnly CSIDriverSpec.fsGroupPolicy CSIVolumeSource.fsType
    CSIVolumeSource.readOnly ClientIPConfig.timeoutSeconds ClusterTrustBundleProjection.name
    ClusterTrustBundleProjection.signerName Container.restartPolicy ContainerStatus.stopSignal
    CustomResourceDefinitionVersion.deprecationWarning CustomResourceSubresourceScale.labelSelectorPath
    DeviceAttribute.string DeviceAttribute.version DeviceClassSpec.extendedResourceName DeviceConstraint.distinctAttribute
    DeviceConstraint.matchAttribute DeviceRequestAllocationResult.shareID Endpoint.hostname Endpoint.zone
    EphemeralContainer.restartPolicy GlusterfsPersistentVolumeSource.endpointsNamespace
    HPAScalingRules.selectPolicy HorizontalPodAutoscalerStatus.currentCPUUtilizationPercentage
    HorizontalPodAutoscalerStatus.observedGeneration HostPathVolumeSource.type ISCSIPersistentVolumeSource.initiatorName
    ISCSIVolumeSource.initiatorName IngressClassParametersReference.apiGroup IngressClassParametersReference.namespace
    IngressPortStatus.error JSONSchemaProps.$ref JSONSchemaProps.x-kubernetes-list-type
    JSONSchemaProps.x-kubernetes-map-type JobSpec.completionMode JobSpec.managedBy JobSpec.podReplacementPolicy
    JobStatus.failedIndexes LeaseSpec.preferredHolder Lifecycle.stopSignal LoadBalancerIngress.ipMode
    LocalVolumeSource.fsType MatchResources.matchPolicy MetricValueStatus.averageUtilization
    MutatingAdmissionPolicySpec.failurePolicy MutatingWebhook.failurePolicy MutatingWebhook.matchPolicy
    MutatingWebhook.reinvocationPolicy MutatingWebhook.timeoutSeconds NamedRuleWithOperations.scope
    NetworkPolicyPort.protocol NodeAllocatableResourceMapping.capacityKey NodeSwapStatus.capacity
    ParamRef.parameterNotFoundAction PersistentVolumeClaimSpec.volumeMode
    PersistentVolumeClaimStatus.currentVolumeAttributesClassName PersistentVolumeSpec.volumeMode
    PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy PodFailurePolicyOnExitCodesRequirement.containerName
    PodResourceClaim.resourceClaimName PodResourceClaim.resourceClaimTemplateName PodResourceClaimStatus.resourceClaimName
    PodSchedulingGroup.podGroupName PodSecurityContext.fsGroupChangePolicy PodSecurityContext.seLinuxChangePolicy
    PodSecurityContext.supplementalGroupsPolicy PodSpec.hostnameOverride PortStatus.error RuleWithOperations.scope
    SeccompProfile.localhostProfile SecurityContext.procMount ServiceReference.path ServiceSpec.internalTrafficPolicy
    ServiceSpec.ipFamilyPolicy ServiceSpec.trafficDistribution StorageClass.reclaimPolicy StorageClass.volumeBindingMode
    SuccessPolicyRule.succeededIndexes TopologySpreadConstraint.nodeAffinityPolicy TopologySpreadConstraint.nodeTaintsPolicy
    TypedObjectReference.namespace ValidatingAdmissionPolicySpec.failurePolicy ValidatingWebhook.failurePolicy
    ValidatingWebhook.matchPolicy ValidatingWebhook.timeoutSeconds Validation.reason ValidationRule.reason
    VolumeAttachmentSource.persistentVolumeName VolumeMount.mountPropagation VolumeMount.recursiveReadOnly
    VolumeMountStatus.recursiveReadOnly VolumeNodeResources.count WebhookClientConfig.url
    WindowsSecurityContextOptions.gmsaCredentialSpec WindowsSecurityContextOptions.gmsaCredentialSpecName
    WindowsSecurityContextOptions.runAsUserName
    """
)
VALUES = words(
    """
    APIServiceCondition.message AWSElasticBlockStoreVolumeSource.partition CertificateSigningRequestCondition.message
    ComponentCondition.message ContainerImage.sizeBytes ContainerStateTerminated.message ContainerStateTerminated.signal
    ContainerStateWaiting.message CustomResourceColumnDefinition.priority CustomResourceDefinitionCondition.message
    DaemonSetCondition.message DeploymentCondition.message DeviceTaint.value DeviceToleration.value Event.deprecatedCount
    Event.message FlowSchemaCondition.message GCEPersistentDiskVolumeSource.partition
    HorizontalPodAutoscalerCondition.message ISCSIPersistentVolumeSource.chapAuthDiscovery
    ISCSIPersistentVolumeSource.chapAuthSession ISCSIVolumeSource.chapAuthDiscovery ISCSIVolumeSource.chapAuthSession
    JobCondition.message MutatingAdmissionPolicyBindingSpec.policyName NamespaceCondition.message NodeCondition.message
    PersistentVolumeClaimCondition.message PersistentVolumeStatus.message PodCondition.message PodStatus.message
    PriorityLevelConfigurationCondition.message ReplicaSetCondition.message ReplicationControllerCondition.message
    ResourcePolicyRule.clusterScope ScaleIOPersistentVolumeSource.sslEnabled ScaleIOVolumeSource.sslEnabled
    ScaleSpec.replicas ServiceBackendPort.number StatefulSetCondition.message SubjectAccessReviewStatus.denied Taint.value
    TokenReviewStatus.authenticated Validation.message ValidationRule.message VolumeError.message TokenReviewSpec.token
    """
)
# Lists, maps and pointers that are written as null when nobody set them.
NULLS = words(
    """
    AllocatedDeviceStatus.conditions AzureFilePersistentVolumeSource.secretNamespace ContainerImage.names DeviceClaim.requests
    HTTPIngressPath.pathType MutatingWebhook.sideEffects ProjectedVolumeSource.sources ResourcePolicyRule.namespaces
    ScaleIOPersistentVolumeSource.secretRef ScaleIOVolumeSource.secretRef ValidatingWebhook.sideEffects
    """
)
# Texts and numbers that are written although they are empty.
ZEROS = words("NodeRuntimeHandler.name PriorityClass.value StatefulSetOrdinals.start StatefulSetSpec.serviceName")
# Fields that schemas require and that are left out when they are empty.
OMITTED = words(
    """
    CapacityRequestPolicyRange.min ContainerRestartRule.action ContainerRestartRuleOnExitCodes.operator CounterSet.counters
    DeviceCounterConsumption.counters ImageVolumeStatus.imageRef ParentReference.name ParentReference.resource
    PodCertificateProjection.keyType PodCertificateProjection.signerName TokenReviewSpec.token
    ValidatingAdmissionPolicyBindingSpec.policyName
    """
)
# Structs held by value.
STRUCTS = words("AllocationResult.devices IngressServiceBackend.port LimitedPriorityLevelConfiguration.limitResponse")
# Lists whose empty form says something else than their absence.
EMPTY_LISTS = words("HPAScalingRules.policies")
