"""Rules of the group storage.k8s.io: classes, attachments, and what CSI drivers say of themselves."""

from __future__ import annotations

from pilothouse.api.findings import duplicate, forbidden, internal_form, invalid, required, too_long, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    IMMUTABLE,
    Findings,
    Obj,
    immutable,
    label_selector,
    non_negative,
    non_negative_quantity,
    rule,
)

MAX_PARAMETERS, MAX_PARAMETERS_SIZE = 512, 256 * 1024
MAX_DRIVER_NAME, MAX_NODE_ID, MAX_MESSAGE = 63, 256, 1024
MIN_TOKEN_S, MAX_TOKEN_S, MIN_PERIOD_S = 600, 2**32, 10
_RECLAIM = ("Delete", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_MODES = ("Persistent", "Ephemeral")


def storage_class(obj: Obj) -> Findings:
    """A new StorageClass."""
    out = _provisioner(obj.get("provisioner", ""), "provisioner") + _parameters(obj.get("parameters") or {})
    reclaim, binding = obj.get("reclaimPolicy"), obj.get("volumeBindingMode")
    if reclaim and reclaim not in _RECLAIM:
        out.append(unsupported("reclaimPolicy", reclaim, _RECLAIM))
    if binding is None:
        out.append(required("volumeBindingMode"))
    elif binding not in _BINDING:
        out.append(unsupported("volumeBindingMode", binding, _BINDING))
    return out + _topologies(obj.get("allowedTopologies") or [], "allowedTopologies")


def _provisioner(name: str, path: str) -> Findings:
    return rule(path, name.lower(), names.qualified) if name else [required(path)]


def _parameters(parameters: Obj) -> Findings:
    if len(parameters) > MAX_PARAMETERS:
        return [too_long("parameters", MAX_PARAMETERS)]
    out: Findings = [invalid("parameters", key, "field can not be empty.") for key in parameters if not key]
    if sum(len(key.encode()) + len(value.encode()) for key, value in parameters.items()) > MAX_PARAMETERS_SIZE:
        out.append(too_long("parameters", MAX_PARAMETERS_SIZE))
    return out


def _topologies(terms: list[Obj], path: str) -> Findings:
    out: Findings = []
    # A term without expressions equals the blank ones that the reference server starts from.
    seen: list[dict[str, set[str]]] = [{} for _ in terms]
    for index, term in enumerate(terms):
        at = f"{path}[{index}].matchLabelExpressions"
        found: dict[str, set[str]] = {}
        for number, expression in enumerate(term.get("matchLabelExpressions") or ()):
            out += _topology(expression, f"{at}[{number}]")
            key = expression.get("key", "")
            if key in found:
                out.append(duplicate(f"{at}[{number}].key", key))
            found[key] = set(expression.get("values") or ())
        out += [duplicate(at, "") for other in seen if other == found]
        seen.append(found)
    return out


def _topology(expression: Obj, path: str) -> Findings:
    values = expression.get("values") or []
    out: Findings = [] if values else [required(f"{path}.values")]
    out += [duplicate(f"{path}.values[{i}]", value) for i, value in enumerate(values) if value in values[:i]]
    return out + rule(f"{path}.key", expression.get("key", ""), names.qualified)


def storage_class_update(new: Obj, old: Obj) -> Findings:
    """A StorageClass hardly changes."""
    out = storage_class(new)
    for field in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        out += immutable(field, new.get(field), old.get(field))
    return out


def attributes_class(obj: Obj) -> Findings:
    """A new VolumeAttributesClass."""
    out = _provisioner(obj.get("driverName", ""), "driverName")
    if not obj.get("parameters"):
        out.append(required("parameters", "must contain at least one key/value pair"))
    return out + _parameters(obj.get("parameters") or {})


def attributes_class_update(new: Obj, old: Obj) -> Findings:
    """A VolumeAttributesClass stays as it is."""
    out = attributes_class(new)
    fields = ("driverName", "parameters")
    return out + [forbidden(field, f"updates to {field} are forbidden.") for field in fields if new.get(field) != old.get(field)]


def driver_name(name: str, path: str) -> Findings:
    """The name of a CSI driver."""
    if not name:
        return [required(path)]
    out: Findings = [too_long(path, MAX_DRIVER_NAME)] if len(name) > MAX_DRIVER_NAME else []
    return out + [invalid(path, name, problem) for problem in names.subdomain(name.lower())]


def attachment(obj: Obj) -> Findings:
    """A new VolumeAttachment."""
    spec = obj.get("spec") or {}
    out = _attachment(spec) + attachment_status(obj, {})
    out += driver_name(spec.get("attacher", ""), "spec.attacher")
    name = (spec.get("source") or {}).get("persistentVolumeName")
    return out + (rule("spec.source.persistentVolumeName", name, names.subdomain) if name is not None else [])


def _attachment(spec: Obj) -> Findings:
    source, path = spec.get("source") or {}, "spec.source"
    inline, name = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    out: Findings = [] if spec.get("attacher") else [required("spec.attacher")]
    text = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if inline is None and name is None:
        out.append(required(path, text))
    elif inline is not None and name is not None:
        out.append(forbidden(path, text))
    elif name == "":
        out.append(required(f"{path}.persistentVolumeName", "must specify non empty persistentVolumeName"))
    return out + rule("spec.nodeName", spec.get("nodeName", ""), names.subdomain)


def attachment_status(new: Obj, old: Obj) -> Findings:
    """What became of an attachment."""
    status = new.get("status") or {}
    size = sum(len(key) + len(value) for key, value in (status.get("attachmentMetadata") or {}).items())
    out: Findings = [too_long("status.attachmentMetadata", MAX_PARAMETERS_SIZE)] if size > MAX_PARAMETERS_SIZE else []
    for field in ("attachError", "detachError"):
        error = status.get(field) or {}
        if len(error.get("message", "")) > MAX_MESSAGE:
            out.append(too_long(f"status.{field}.message", MAX_PARAMETERS_SIZE))
        out += non_negative(f"status.{field}.errorCode", error.get("errorCode"))
    return out


def attachment_update(new: Obj, old: Obj) -> Findings:
    """What is attached where stays."""
    out = _attachment(new.get("spec") or {}) + attachment_status(new, old)
    if new.get("spec") != old.get("spec"):
        out.append(invalid("spec", internal_form("VolumeAttachmentSpec", new.get("spec") or {}), IMMUTABLE))
    return out


def csi_node(obj: Obj) -> Findings:
    """A new CSINode."""
    out: Findings = []
    drivers = (obj.get("spec") or {}).get("drivers") or []
    for index, driver in enumerate(drivers):
        path, name = f"spec.drivers[{index}]", driver.get("name", "")
        out += driver_name(name, f"{path}.name") + _node_id(driver.get("nodeID", ""), f"{path}.nodeID")
        out += non_negative(f"{path}.allocatable.count", (driver.get("allocatable") or {}).get("count"))
        if name in [other.get("name", "") for other in drivers[:index]]:
            out.append(duplicate(f"{path}.name", name))
        out += _topology_keys(driver.get("topologyKeys") or [], path)
    return out


def _node_id(text: str, path: str) -> Findings:
    if not text:
        return [required(path)]
    return [invalid(path, text, f"must be {MAX_NODE_ID} characters or less")] if len(text) > MAX_NODE_ID else []


def _topology_keys(keys: list[str], path: str) -> Findings:
    out: Findings = []
    for index, key in enumerate(keys):
        out += [] if key else [required(path)]
        out += [duplicate(path, key)] if key in keys[:index] else []
        out += rule(path, key, names.qualified)
    return out


def csi_node_update(new: Obj, old: Obj) -> Findings:
    """What a CSINode says of a driver stays."""
    out = csi_node(new)
    before, after = ((obj.get("spec") or {}).get("drivers") or [] for obj in (old, new))
    known = {driver.get("name"): driver for driver in before}
    for driver in after:
        if known.get(driver.get("name"), driver) != driver:
            out.append(invalid("CSINodeDriver", internal_form("CSINodeDriver", driver), IMMUTABLE))
    return out


def csi_driver(obj: Obj) -> Findings:
    """A new CSIDriver."""
    spec = obj.get("spec") or {}
    wanted = (
        ("attachRequired", "attachedRequired"),
        ("podInfoOnMount", "podInfoOnMount"),
        ("storageCapacity", "storageCapacity"),
    )
    out: Findings = [required(f"spec.{shown}") for field, shown in wanted if spec.get(field) is None]
    policy, modes = spec.get("fsGroupPolicy"), spec.get("volumeLifecycleModes") or []
    if policy is not None and policy not in _GROUP_POLICIES:
        out.append(unsupported("spec.fsGroupPolicy", policy, _GROUP_POLICIES))
    requests = spec.get("tokenRequests") or []
    out += _token_requests(requests, "spec.tokenRequests")
    out += [unsupported("spec.volumeLifecycleModes", mode, _MODES) for mode in modes if mode not in _MODES]
    out += [] if spec.get("seLinuxMount") is not None else [required("spec.seLinuxMount")]
    period, in_secret = spec.get("nodeAllocatableUpdatePeriodSeconds"), spec.get("serviceAccountTokenInSecrets")
    if period is not None and period < MIN_PERIOD_S:
        text = "must be greater than or equal to 10 seconds"
        out.append(invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, text))
    if in_secret is not None and not requests:
        text = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        out.append(invalid("spec.serviceAccountTokenInSecrets", in_secret, text))
    return out


def _token_requests(requests: list[Obj], path: str) -> Findings:
    out: Findings = []
    seen: set[str] = set()
    for index, item in enumerate(requests):
        audience, at = item.get("audience", ""), f"{path}[{index}].expirationSeconds"
        if audience in seen:
            out.append(duplicate(f"{path}[{index}].audience", audience))
            continue
        seen.add(audience)
        duration = item.get("expirationSeconds")
        if duration is not None and duration < MIN_TOKEN_S:
            out.append(invalid(at, duration, "may not specify a duration less than 10 minutes"))
        if duration is not None and duration > MAX_TOKEN_S:
            out.append(invalid(at, duration, "may not specify a duration larger than 2^32 seconds"))
    return out


def csi_driver_update(new: Obj, old: Obj) -> Findings:
    """What of a CSIDriver may not change."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    out = csi_driver(new)
    out += immutable("spec.attachedRequired", after.get("attachRequired"), before.get("attachRequired"))
    return out + immutable("spec.volumeLifecycleModes", after.get("volumeLifecycleModes"), before.get("volumeLifecycleModes"))


def csi_capacity(obj: Obj) -> Findings:
    """A new CSIStorageCapacity."""
    out = label_selector("nodeTopology", obj.get("nodeTopology"))
    out += rule("storageClassName", obj.get("storageClassName", ""), names.subdomain)
    return out + (non_negative_quantity("capacity", obj["capacity"]) if obj.get("capacity") is not None else [])


def csi_capacity_update(new: Obj, old: Obj) -> Findings:
    """What a CSIStorageCapacity is about stays."""
    out = csi_capacity(new) + immutable("nodeTopology", new.get("nodeTopology"), old.get("nodeTopology"))
    return out + immutable("storageClassName", new.get("storageClassName"), old.get("storageClassName"))
