"""Rules of PersistentVolumeClaims and of templates for them."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_diff
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    immutable,
    label_selector,
    positive_quantity,
    quantity,
    rule,
)
from pilothouse.api.validation.meta import validate_annotations, validate_labels
from pilothouse.api.validation.v1.resources import basic_quantity, quantity_of

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_ALONE = "may not use ReadWriteOncePod with other access modes"
_FROZEN = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
_RESIZES = (
    "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible",
    "NodeResizePending",
)  # fmt: skip
_NOT_IN_TEMPLATES = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip


def access_modes(modes: list[str], path: str) -> Findings:
    """The access modes of a volume or claim."""
    out: Findings = [unsupported(path, mode, ACCESS_MODES) for mode in modes if mode not in ACCESS_MODES]
    others = [mode for mode in modes if mode in ACCESS_MODES and mode != "ReadWriteOncePod"]
    return [*out, forbidden(path, _ALONE)] if others and "ReadWriteOncePod" in modes else out


def claim(obj: Obj) -> Findings:
    """A new PersistentVolumeClaim."""
    return claim_spec(obj["spec"], "spec")


def claim_template(template: Obj, path: str) -> Findings:
    """A claim that is made for a Pod: of its metadata only labels and annotations are allowed."""
    meta = template.get("metadata") or {}
    out = validate_annotations(meta.get("annotations"), f"{path}.metadata.annotations")
    out += validate_labels(meta.get("labels"), f"{path}.metadata.labels")
    out += [forbidden(f"{path}.metadata.{field}", "cannot be set") for field in _NOT_IN_TEMPLATES if meta.get(field)]
    return out + claim_spec(template.get("spec") or {}, f"{path}.spec")


def claim_spec(spec: Obj, path: str) -> Findings:
    """The spec of a claim."""
    modes = spec.get("accessModes") or []
    out: Findings = [] if modes else [required(f"{path}.accessModes", "at least 1 access mode is required")]
    out += label_selector(f"{path}.selector", spec.get("selector"))
    out += access_modes(modes, f"{path}.accessModes")
    requests, at = (spec.get("resources") or {}).get("requests") or {}, f"{path}.resources[storage]"
    if "storage" not in requests:
        out.append(required(at))
    else:
        out += positive_quantity(at, requests["storage"])
    if spec.get("storageClassName"):
        out += rule(f"{path}.storageClassName", spec["storageClassName"], names.subdomain)
    if spec.get("volumeMode") is not None and spec["volumeMode"] not in VOLUME_MODES:
        out.append(unsupported(f"{path}.volumeMode", spec["volumeMode"], VOLUME_MODES))
    out += _data_sources(spec, path)
    if spec.get("volumeAttributesClassName"):
        out += rule(f"{path}.volumeAttributesClassName", spec["volumeAttributesClassName"], names.subdomain)
    return out


def _data_sources(spec: Obj, path: str) -> Findings:
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    out: Findings = []
    if source is not None:
        out += _data_source(source, f"{path}.dataSource")
    if reference is None:
        return out
    out += _data_source(reference, f"{path}.dataSourceRef")
    if reference.get("namespace"):
        out += rule(f"{path}.dataSourceRef.namespace", reference["namespace"], names.label)
    if source is None:
        return out
    if reference.get("namespace"):
        out.append(invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified"))
    elif any(source.get(field) != reference.get(field) for field in ("apiGroup", "kind", "name")):
        out.append(invalid(path, {}, "must match dataSourceRef"))
    return out


def _data_source(source: Obj, path: str) -> Findings:
    out: Findings = [required(f"{path}.{field}") for field in ("name", "kind") if not source.get(field)]
    group, kind = source.get("apiGroup") or "", source.get("kind", "")
    if not group and kind != "PersistentVolumeClaim":
        out.append(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
    return out + (rule(f"{path}.apiGroup", group, names.subdomain) if group else [])


def claim_update(new: Obj, old: Obj) -> Findings:
    """The spec of a claim stays, but for the volume it gets, its class while it has none, and its size once it is bound."""
    out = claim(new)
    notes, noted = (obj["metadata"].get("annotations") or {} for obj in (new, old))
    after, before = dict(new["spec"]), dict(old["spec"])
    if not before.get("volumeName"):
        _copy(before, after, "volumeName")
    if _takes_over_class(notes, noted, after.get("storageClassName"), before.get("storageClassName")):
        after.pop("storageClassName", None)
    else:
        if notes.get(_BETA_CLASS, "") != noted.get(_BETA_CLASS, ""):
            out += immutable(f"metadata.annotations.{_BETA_CLASS}", notes.get(_BETA_CLASS, ""), noted.get(_BETA_CLASS, ""))
        has_class = after.get("storageClassName") is not None and before.get("storageClassName") is None
        if has_class and noted.get(_BETA_CLASS, after["storageClassName"]) == after["storageClassName"]:
            after.pop("storageClassName")
    if (new.get("status") or {}).get("phase") == "Bound":
        _allow_growth(after, before)
    if after != before:
        out.append(forbidden("spec", _FROZEN + internal_diff("PersistentVolumeClaimSpec", before, after)))
    out += _shrinks(new, old)
    out += immutable("volumeMode", new["spec"].get("volumeMode"), old["spec"].get("volumeMode"))
    return out + _attributes_class(new["spec"].get("volumeAttributesClassName"), old["spec"].get("volumeAttributesClassName"))


def _copy(target: Obj, source: Obj, field: str) -> None:
    target.pop(field, None)
    if source.get(field):
        target[field] = source[field]


def _takes_over_class(notes: Obj, noted: Obj, name: str | None, former: str | None) -> bool:
    """Whether the class moves from the annotation of old to its field."""
    beta = noted.get(_BETA_CLASS)
    return beta is not None and former is None and name == beta and notes.get(_BETA_CLASS, beta) == beta


def _allow_growth(after: Obj, before: Obj) -> None:
    resources = dict(after.get("resources") or {})
    if resources.get("requests"):
        was = ((before.get("resources") or {}).get("requests") or {}).get("storage", "0")
        after["resources"] = {**resources, "requests": {**resources["requests"], "storage": was}}
    if after.get("volumeAttributesClassName") is not None:
        after.pop("volumeAttributesClassName")
        if before.get("volumeAttributesClassName") is not None:
            after["volumeAttributesClassName"] = before["volumeAttributesClassName"]


def _size(obj: Obj) -> float:
    return quantity(((obj["spec"].get("resources") or {}).get("requests") or {}).get("storage", "0"))


def _shrinks(new: Obj, old: Obj) -> Findings:
    capacity = ((old.get("status") or {}).get("capacity") or {}).get("storage", "0")
    if _size(new) >= _size(old) or _size(new) > quantity(capacity):
        return []
    return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")]


def _attributes_class(after: str | None, before: str | None) -> Findings:
    if before is None or after:
        return []
    what = "nil" if after is None else "an empty string"
    return [forbidden("spec.volumeAttributesClassName", f"update from non-nil value to {what} is forbidden")]


def claim_status(new: Obj, old: Obj) -> Findings:
    """The sizes in the status of a claim."""
    status: dict[str, Any] = new.get("status") or {}
    out: Findings = [] if new["spec"].get("accessModes") else [required("Spec.accessModes")]
    for name, value in sorted((status.get("capacity") or {}).items()):
        out += basic_quantity(f"status.capacity[{name}]", value)
    for name, state in sorted((status.get("allocatedResourceStatuses") or {}).items()):
        out += _resource_key("status.allocatedResourceStatus", name)
        if state not in _RESIZES:
            out.append(unsupported("status.allocatedResourceStatus", name, sorted(_RESIZES)))
    for name, value in sorted((status.get("allocatedResources") or {}).items()):
        at = f"status.allocatedResources[{name}]"
        found = _resource_key("status.allocatedResources", name)
        out += found or basic_quantity(at, value) or quantity_of("storage", at, value)
    return out


def _resource_key(path: str, name: str) -> Findings:
    out = rule(path, name, names.qualified)
    is_native = "/" not in name or "kubernetes.io/" in name
    return out or ([unsupported(path, name, ("storage",))] if is_native and name != "storage" else [])
