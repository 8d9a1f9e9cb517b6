"""Defaults of storage, policy, identity and extension kinds."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from pilothouse.api.defaults.pods import source_defaults

Obj = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"


def namespace(obj: Obj) -> None:
    """Label a Namespace with its name."""
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = name
    status = obj.setdefault("status", {})
    status.setdefault("phase", "Active")


def node(obj: Obj) -> None:
    """Allocatable equals capacity when it is not stated; the first address range and the list of them say the same."""
    spec = obj.get("spec") or {}
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        spec["podCIDRs"] = [spec["podCIDR"]]
    elif spec.get("podCIDRs") and not spec.get("podCIDR"):
        spec["podCIDR"] = spec["podCIDRs"][0]
    status = obj.get("status") or {}
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


def secret(obj: Obj) -> None:
    """Fill in the type and move plain text into data."""
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if plain:
        data = dict(obj.get("data") or {})
        for key, text in plain.items():
            data[key] = b64encode(text.encode()).decode()
        obj["data"] = data


def persistent_volume(obj: Obj) -> None:
    """Fill in a PersistentVolume."""
    obj.setdefault("status", {}).setdefault("phase", "Pending")
    spec = obj["spec"]
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    source_defaults(spec)


def persistent_volume_claim(obj: Obj) -> None:
    """Fill in a PersistentVolumeClaim."""
    obj["status"] = obj.get("status") or {}
    obj["status"].setdefault("phase", "Pending")
    obj["spec"].setdefault("volumeMode", "Filesystem")


def storage_class(obj: Obj) -> None:
    """Fill in a StorageClass."""
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def csi_driver(obj: Obj) -> None:
    """Fill in a CSIDriver."""
    spec = obj["spec"]
    spec.setdefault("attachRequired", True)
    spec.setdefault("podInfoOnMount", False)
    spec.setdefault("storageCapacity", False)
    spec.setdefault("fsGroupPolicy", "ReadWriteOnceWithFSType")
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]
    spec.setdefault("requiresRepublish", False)
    spec.setdefault("seLinuxMount", False)


def limit_range(obj: Obj) -> None:
    """Requests default to limits, limits to the maximum, requests to the minimum."""
    for item in obj["spec"].get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = item.setdefault("default", {})
        requests = item.setdefault("defaultRequest", {})
        for name, value in (item.get("max") or {}).items():
            limits.setdefault(name, value)
        for name, value in limits.items():
            requests.setdefault(name, value)
        for name, value in (item.get("min") or {}).items():
            requests.setdefault(name, value)
        for key in ("default", "defaultRequest"):
            if not item[key]:
                del item[key]


def binding(obj: Obj) -> None:
    """Fill in the API groups of role reference and subjects."""
    reference = obj.get("roleRef")
    if reference is not None and not reference.get("apiGroup"):
        reference["apiGroup"] = RBAC
    for subject in obj.get("subjects") or ():
        if not subject.get("apiGroup") and subject.get("kind") in ("User", "Group"):
            subject["apiGroup"] = RBAC


def priority_class(obj: Obj) -> None:
    """Fill in the preemption policy."""
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


def certificate_request(obj: Obj) -> None:
    """Fill in the usages of a signing request."""


def crd(obj: Obj) -> None:
    """Fill in a CustomResourceDefinition."""
    spec = obj["spec"]
    names = spec.setdefault("names", {})
    if not names.get("singular"):
        names["singular"] = names.get("kind", "").lower()
        if not names["singular"]:
            del names["singular"]
    if not names.get("listKind") and names.get("kind"):
        names["listKind"] = names["kind"] + "List"
    conversion = spec.setdefault("conversion", {"strategy": "None"})
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    if service is not None:
        service.setdefault("port", 443)


def webhooks(obj: Obj) -> None:
    """Fill in a webhook configuration."""
    is_mutating = obj.get("kind") == "MutatingWebhookConfiguration"
    for hook in obj.get("webhooks") or ():
        for key, value in (("failurePolicy", "Fail"), ("matchPolicy", "Equivalent"), ("timeoutSeconds", 10)):
            hook.setdefault(key, value)
        hook.setdefault("namespaceSelector", {})
        hook.setdefault("objectSelector", {})
        if is_mutating:
            hook.setdefault("reinvocationPolicy", "Never")
        service = (hook.get("clientConfig") or {}).get("service")
        if service is not None:
            service.setdefault("port", 443)
        for rule in hook.get("rules") or ():
            rule.setdefault("scope", "*")


def admission_policy(obj: Obj) -> None:
    """Fill in an admission policy."""
    spec = obj["spec"]
    spec.setdefault("failurePolicy", "Fail")
    _match(spec.get("matchConstraints"))
    if obj.get("kind") == "MutatingAdmissionPolicy":
        spec.setdefault("reinvocationPolicy", "Never")


def _match(resources: Obj | None) -> None:
    if resources is None:
        return
    resources.setdefault("matchPolicy", "Equivalent")
    resources.setdefault("namespaceSelector", {})
    resources.setdefault("objectSelector", {})
    for rule in (*(resources.get("resourceRules") or ()), *(resources.get("excludeResourceRules") or ())):
        rule.setdefault("scope", "*")


def policy_binding(obj: Obj) -> None:
    """Fill in a policy binding."""
    _match(obj["spec"].get("matchResources"))


def api_service(obj: Obj) -> None:
    """Fill in the port of the service."""
    service = obj["spec"].get("service")
    if service is not None:
        service.setdefault("port", 443)


def flow_schema(obj: Obj) -> None:
    """Fill in the precedence."""
    if not obj["spec"].get("matchingPrecedence"):
        obj["spec"]["matchingPrecedence"] = 1000


def priority_level(obj: Obj) -> None:
    """Fill in the shares and queueing of a priority level."""
    spec = obj["spec"]
    for name in ("limited", "exempt"):
        part = spec.get(name)
        if part is None:
            continue
        part.setdefault("nominalConcurrencyShares", 30 if name == "limited" else 0)
        part.setdefault("lendablePercent", 0)
    limited: Obj = spec.get("limited") or {}
    response: Obj = limited.get("limitResponse") or {}
    queuing = response.get("queuing")
    if queuing is not None:
        for key, value in (("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)):
            if not queuing.get(key):
                queuing[key] = value


def resource_claim(obj: Obj) -> None:
    """Fill in the requests of a ResourceClaim or its template."""
    outer: Obj = obj.get("spec") or {}
    spec: Obj = outer.get("spec", outer)
    for request in (spec.get("devices") or {}).get("requests") or ():
        exact = request.get("exactly")
        for part in ([exact] if exact is not None else []) + list(request.get("firstAvailable") or ()):
            if not part.get("allocationMode"):
                part["allocationMode"] = "ExactCount"
            if part["allocationMode"] == "ExactCount" and not part.get("count"):
                part["count"] = 1
            for toleration in part.get("tolerations") or ():
                toleration.setdefault("operator", "Equal")
