"""Names that no schema states: short names, categories, selectable fields, kinds that count generations.

Facts of the reference server's Go code, written by hand and checked against recorded discovery.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


SHORT_NAMES: dict[str, tuple[str, ...]] = {
    "componentstatuses": ("cs",), "configmaps": ("cm",), "endpoints": ("ep",), "events": ("ev",), "limitranges": ("limits",),
    "namespaces": ("ns",), "nodes": ("no",), "persistentvolumeclaims": ("pvc",), "persistentvolumes": ("pv",), "pods": ("po",),
    "replicationcontrollers": ("rc",), "resourcequotas": ("quota",), "serviceaccounts": ("sa",), "services": ("svc",),
    "daemonsets": ("ds",), "deployments": ("deploy",), "replicasets": ("rs",), "statefulsets": ("sts",),
    "horizontalpodautoscalers": ("hpa",), "cronjobs": ("cj",), "certificatesigningrequests": ("csr",), "ingresses": ("ing",),
    "ipaddresses": ("ip",), "networkpolicies": ("netpol",), "poddisruptionbudgets": ("pdb",), "storageclasses": ("sc",),
    "volumeattributesclasses": ("vac",), "customresourcedefinitions": ("crd", "crds"), "priorityclasses": ("pc",),
}  # fmt: skip

_ALL = _words(
    "pods replicationcontrollers services daemonsets deployments replicasets statefulsets horizontalpodautoscalers cronjobs jobs"
)
_EXTENSIONS = _words(
    "apiservices mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations "
    "validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations customresourcedefinitions"
)
CATEGORIES: dict[str, tuple[str, ...]] = {**dict.fromkeys(_ALL, ("all",)), **dict.fromkeys(_EXTENSIONS, ("api-extensions",))}

# Kinds whose metadata.generation starts at 1 and counts changes of the spec.
GENERATION = frozenset(
    _words(
        "pods replicationcontrollers daemonsets deployments replicasets statefulsets cronjobs jobs ingresses "
        "networkpolicies poddisruptionbudgets mutatingwebhookconfigurations validatingwebhookconfigurations "
        "validatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings "
        "customresourcedefinitions flowschemas prioritylevelconfigurations endpointslices priorityclasses "
        "ingressclasses resourceslices deviceclasses  podtemplates"
    )
)

SELECTABLE: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    "events.k8s.io/events": (
        "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
        "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type",
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "replicationcontrollers": ("status.replicas",),
    "jobs": ("status.successful",),
    "services": ("spec.clusterIP", "spec.type"),
    "certificatesigningrequests": ("spec.signerName",),
    "resourceslices": ("spec.nodeName", "spec.driver"),
}  # fmt: skip
