"""Rows of storage, policy, identity, extension and cluster kinds."""

from __future__ import annotations

from typing import Any

from pilothouse.api.tables.text import NONE, UNKNOWN, UNSET, age, go_selector, human_duration

Obj = dict[str, Any]
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_DOMAINS = ("storageclass.kubernetes.io", "storageclass.beta.kubernetes.io")
_STORAGE_NOTE = "volume.beta.kubernetes.io/storage-class"


def _head(obj: Obj, now: float) -> tuple[str, str, Obj, Obj]:
    meta = obj["metadata"]
    return meta.get("name", ""), age(meta.get("creationTimestamp"), now), obj.get("spec") or {}, obj.get("status") or {}


def _modes(values: list[str] | None) -> str:
    return ",".join(_MODES[mode] for mode in _MODES if mode in (values or ()))


def config_map(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ConfigMap."""
    name, since, _, _ = _head(obj, now)
    return [name, len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), since]


def secret(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Secret."""
    name, since, _, _ = _head(obj, now)
    return [name, obj.get("type", ""), len(obj.get("data") or ()), since]


def _phase(obj: Obj, status: Obj) -> str:
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")


def claim(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PersistentVolumeClaim."""
    name, since, spec, status = _head(obj, now)
    volume, capacity, modes = spec.get("volumeName", ""), "", ""
    if volume:
        modes, capacity = _modes(status.get("accessModes")), (status.get("capacity") or {}).get("storage", "0")
    attributes = spec.get("volumeAttributesClassName", UNSET)
    mode = spec.get("volumeMode", UNSET)
    return [name, _phase(obj, status), volume, capacity, modes, _class_name(obj), attributes, since, mode]


def _class_name(obj: Obj) -> str:
    notes = obj["metadata"].get("annotations") or {}
    found: str = notes[_STORAGE_NOTE] if _STORAGE_NOTE in notes else (obj.get("spec") or {}).get("storageClassName", "")
    return found


def volume(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PersistentVolume."""
    name, since, spec, status = _head(obj, now)
    reference = spec.get("claimRef")
    owner = f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else ""
    return [
        name, (spec.get("capacity") or {}).get("storage", "0"), _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""), _phase(obj, status), owner,
        _class_name(obj), spec.get("volumeAttributesClassName", UNSET), status.get("reason", ""), since,
        spec.get("volumeMode", UNSET),
    ]  # fmt: skip


def storage_class(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a StorageClass."""
    name, since, _, _ = _head(obj, now)
    notes = obj["metadata"].get("annotations") or {}
    if any(notes.get(f"{domain}/is-default-class") == "true" for domain in _DEFAULT_DOMAINS):
        name += " (default)"
    expands = bool(obj.get("allowVolumeExpansion"))
    return [name, obj.get("provisioner", ""), obj.get("reclaimPolicy", ""), obj.get("volumeBindingMode", ""), expands, since]


def csi_driver(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a CSIDriver."""
    name, since, spec, _ = _head(obj, now)
    tokens = (
        ",".join(item.get("audience", "") for item in spec.get("tokenRequests") or ()) if spec.get("tokenRequests") else UNSET
    )
    flags = [spec.get("attachRequired", True), spec.get("podInfoOnMount", False), spec.get("storageCapacity", False)]
    modes = ",".join(spec.get("volumeLifecycleModes") or ()) or NONE
    return [name, *flags, tokens, spec.get("requiresRepublish", False), modes, since]


def csi_node(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a CSINode."""
    name, since, spec, _ = _head(obj, now)
    return [name, len(spec.get("drivers") or ()), since]


def attachment(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a VolumeAttachment."""
    name, since, spec, status = _head(obj, now)
    source = (spec.get("source") or {}).get("persistentVolumeName", "")
    return [name, spec.get("attacher", ""), source, spec.get("nodeName", ""), bool(status.get("attached")), since]


def attributes_class(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a VolumeAttributesClass."""
    name, since, _, _ = _head(obj, now)
    return [name, obj.get("driverName", ""), since]


def budget(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PodDisruptionBudget."""
    name, since, spec, status = _head(obj, now)
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    shown = ["N/A" if value is None else str(value) for value in (least, most)]
    return [name, *shown, status.get("disruptionsAllowed", 0), since]


def plain(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a kind with nothing but name and age."""
    name, since, _, _ = _head(obj, now)
    return [name, since]


def quota(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ResourceQuota."""
    name, since, _, status = _head(obj, now)
    hard, used = status.get("hard") or {}, status.get("used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for key in sorted(hard):
        (limits if key.startswith("limits.") else requests).append(f"{key}: {used.get(key, '0')}/{hard[key]}")
    return [name, ", ".join(requests), ", ".join(limits), since]


def priority_class(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PriorityClass."""
    name, since, _, _ = _head(obj, now)
    return [name, obj.get("value", 0), bool(obj.get("globalDefault")), since, obj.get("preemptionPolicy", "")]


def runtime_class(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a RuntimeClass."""
    name, since, _, _ = _head(obj, now)
    return [name, obj.get("handler", ""), since]


def lease(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Lease."""
    name, since, spec, _ = _head(obj, now)
    return [name, spec.get("holderIdentity") or "", since]


def event(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an Event of either group."""
    target = obj.get("involvedObject") or obj.get("regarding") or {}
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    count = series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1
    component = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    shown = f"{component}, {host}" if host else component
    text = (obj.get("message") or obj.get("note", "")).strip()
    about = target.get("kind", "").lower()
    name = f"{about}/{target['name']}" if target.get("name") else about
    return [
        age(last, now), obj.get("type", ""), obj.get("reason", ""), name, target.get("fieldPath", ""), shown, text,
        age(first, now), count, obj["metadata"].get("name", ""),
    ]  # fmt: skip


def policy(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an admission policy."""
    name, since, spec, _ = _head(obj, now)
    kind = spec.get("paramKind")
    shown = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else UNSET
    return [name, len(spec.get("validations") or spec.get("mutations") or ()), shown, since]


def policy_binding(obj: Obj, now: float) -> list[Any]:
    """Return the cells of the binding of an admission policy."""
    name, since, spec, _ = _head(obj, now)
    reference = spec.get("paramRef") or {}
    shown = UNSET
    if reference.get("name"):
        shown = f"{reference.get('namespace') or '*'}/{reference['name']}"
    elif reference.get("selector") is not None:
        shown = go_selector(reference["selector"])
    return [name, spec.get("policyName", ""), shown, since]


def webhooks(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a webhook configuration."""
    name, since, _, _ = _head(obj, now)
    return [name, len(obj.get("webhooks") or ()), since]


def signing_request(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a CertificateSigningRequest."""
    name, since, spec, status = _head(obj, now)
    kinds = [condition.get("type") for condition in status.get("conditions") or ()]
    shown = "Denied" if "Denied" in kinds else "Approved" if "Approved" in kinds else "Pending"
    if "Failed" in kinds:
        shown += ",Failed"
    if status.get("certificate"):
        shown += ",Issued"
    duration = spec.get("expirationSeconds")
    return [
        name, since, spec.get("signerName") or NONE, spec.get("username", ""),
        human_duration(duration) if duration is not None else NONE, shown,
    ]  # fmt: skip


def flow_schema(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a FlowSchema."""
    name, since, spec, status = _head(obj, now)
    method = (spec.get("distinguisherMethod") or {}).get("type") or NONE
    found = [item.get("status") for item in status.get("conditions") or () if item.get("type") == "Dangling"]
    level = (spec.get("priorityLevelConfiguration") or {}).get("name", "")
    return [name, level, spec.get("matchingPrecedence", 0), method, since, found[0] if found else "?"]


def priority_level(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a PriorityLevelConfiguration."""
    name, since, spec, _ = _head(obj, now)
    limited = spec.get("limited") or spec.get("exempt") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    shares = limited.get("nominalConcurrencyShares")
    counts = [queuing.get(field, NONE) for field in ("queues", "handSize", "queueLengthLimit")]
    return [name, spec.get("type", ""), NONE if shares is None else shares, *counts, since]


def resource_slice(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ResourceSlice."""
    name, since, spec, _ = _head(obj, now)
    return [name, spec.get("nodeName") or "", spec.get("driver", ""), (spec.get("pool") or {}).get("name", ""), since]


def resource_claim(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ResourceClaim."""
    name, since, _, status = _head(obj, now)
    states = ["deleted"] if obj["metadata"].get("deletionTimestamp") else []
    if status.get("allocation"):
        states.append("allocated")
        if status.get("reservedFor"):
            states.append("reserved")
    return [name, ",".join(states) or "pending", since]


def node(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Node."""
    name, since, spec, status = _head(obj, now)
    states = []
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Ready":
            states.append("Ready" if condition.get("status") == "True" else "NotReady")
    states = states or ["Unknown"]
    if spec.get("unschedulable"):
        states.append("SchedulingDisabled")
    info = status.get("nodeInfo") or {}
    kernel = info.get("kernelVersion", "")
    if kernel and info.get("architecture"):
        kernel = f"{kernel} ({info['architecture']})"
    addresses = {item.get("type"): item.get("address") for item in reversed(status.get("addresses") or [])}
    return [
        name, ",".join(states), _roles(obj), since, info.get("kubeletVersion", ""), addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE, info.get("osImage") or UNKNOWN, kernel or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]  # fmt: skip


def _roles(obj: Obj) -> str:
    roles = set()
    prefix = "node-role.kubernetes.io/"
    for key, value in (obj["metadata"].get("labels") or {}).items():
        if key.startswith(prefix) and key != prefix:
            roles.add(key[len(prefix) :])
        elif key == "kubernetes.io/role" and value:
            roles.add(value)
    return ",".join(sorted(roles)) or NONE


def namespace(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Namespace."""
    name, since, _, status = _head(obj, now)
    return [name, status.get("phase", ""), since]


def api_service(obj: Obj, now: float) -> list[Any]:
    """Return the cells of an APIService."""
    name, since, spec, status = _head(obj, now)
    target = spec.get("service")
    shown = f"{target.get('namespace', '')}/{target.get('name', '')}" if target else "Local"
    available = "Unknown"
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Available":
            available = condition.get("status", "")
            if available != "True":
                available = f"{available} ({condition.get('reason', '')})"
    return [name, shown, available, since]


def scale(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a Scale."""
    name, since, spec, status = _head(obj, now)
    return [name, spec.get("replicas", 0), status.get("replicas", 0), since]


def binding(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a role binding."""
    name, since, _, _ = _head(obj, now)
    role = obj.get("roleRef") or {}
    by_kind: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in obj.get("subjects") or ():
        shown = subject.get("name", "")
        if subject.get("kind") == "ServiceAccount":
            shown = f"{subject.get('namespace', '')}/{shown}"
        by_kind.setdefault(subject.get("kind", ""), []).append(shown)
    parts = [", ".join(by_kind[kind]) for kind in ("User", "Group", "ServiceAccount")]
    return [name, f"{role.get('kind', '')}/{role.get('name', '')}", since, *parts]


def revision(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ControllerRevision."""
    name, since, _, _ = _head(obj, now)
    owner = next((item for item in obj["metadata"].get("ownerReferences") or () if item.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner.get("apiVersion", "").rpartition("/")[0]
        shown = f"{owner['kind'].lower()}{'.' + group if group else ''}/{owner['name']}"
    return [name, shown, obj.get("revision", 0), since]


def component(obj: Obj, now: float) -> list[Any]:
    """Return the cells of a ComponentStatus."""
    found = [item for item in obj.get("conditions") or () if item.get("type") == "Healthy"]
    healthy: Obj = found[0] if found else {}
    shown = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.get("status", ""), "Unknown")
    return [obj["metadata"]["name"], shown, healthy.get("message", ""), healthy.get("error", "")]
