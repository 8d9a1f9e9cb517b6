"""The rules of metadata: names, labels, annotations, finalizers, owners, and what may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import FieldError, duplicate, forbidden, invalid, required, too_long
from pilothouse.api.findings.fields import quote
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import canonical_ip

Obj = dict[str, Any]
NameRule = Callable[[str], list[str]]
MAX_ANNOTATIONS = 262144
_IMMUTABLE = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")
_STANDARD_FINALIZERS = frozenset(("orphan", "foregroundDeletion", "kubernetes"))
_NOT_STANDARD = "name is neither a standard finalizer name nor is it fully qualified"

_RULES: dict[tuple[str, str], NameRule] = {
    ("", "Namespace"): names.label,
    ("", "Service"): names.label,
    **{
        ("rbac.authorization.k8s.io", kind): names.path_segment
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
    ("apps", "StatefulSet"): names.label,
    ("networking.k8s.io", "IPAddress"): canonical_ip,
    ("apiregistration.k8s.io", "APIService"): names.path_segment,
    ("certificates.k8s.io", "CertificateSigningRequest"): names.path_segment,
    ("policy", "PodDisruptionBudget"): names.path_segment,
    ("", "Event"): names.path_segment,
    ("events.k8s.io", "Event"): names.path_segment,
}
_FREE_FINALIZERS = frozenset(
    ("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "coordination.k8s.io", "events.k8s.io")
)
_FREE_FINALIZER_KINDS = frozenset((("", "Event"), ("policy", "PodDisruptionBudget")))
_METADATA_TWICE = frozenset(
    (
        "ConfigMap", "Secret", "Service", "Endpoints", "EndpointSlice", "Role", "ClusterRole", "RoleBinding",
        "ClusterRoleBinding", "ServiceAccount", "LimitRange", "ResourceQuota", "Pod", "PersistentVolumeClaim",
    )
)  # fmt: skip
"""Kinds whose own rules look at all metadata again on an update."""


def name_rule(group: str, kind: str) -> NameRule:
    """Return the rule for names of a kind."""
    return _RULES.get((group, kind), names.subdomain)


def are_finalizers_free(group: str, kind: str) -> bool:
    """Whether objects of a built-in kind may have finalizers that are neither standard nor have a domain."""
    return group in _FREE_FINALIZERS or (group, kind) in _FREE_FINALIZER_KINDS


def validate_meta(meta: Obj, rule: NameRule, *, is_free: bool = False) -> list[FieldError]:
    """Return what is wrong with the metadata of a new object, whose finalizers are free or not."""
    out: list[FieldError] = []
    generate, name = meta.get("generateName", ""), meta.get("name", "")
    if generate:
        out += [invalid("metadata.generateName", generate, problem) for problem in rule(names.masked(generate))]
    if not name:
        out.append(required("metadata.name", "name or generateName is required"))
    else:
        out += [invalid("metadata.name", name, problem) for problem in rule(name)]
    out += _maps(meta) + _finalizers(meta)
    return out if is_free else out + _plain_finalizers(meta)


def validate_meta_update(new: Obj, old: Obj, group: str, kind: str, *, is_custom: bool = False) -> list[FieldError]:
    """Return what is wrong with new metadata, as often as the reference server says so: each of its layers looks again."""
    changed = _changed(new, old)
    maps, finalizers = _maps(new), _finalizers(new)
    out = maps + finalizers + changed + maps
    if is_custom:
        return out
    plain = [] if are_finalizers_free(group, kind) else _plain_finalizers(new)
    out += changed + maps + plain
    return out + maps + finalizers + plain if kind in _METADATA_TWICE else out


def _maps(meta: Obj) -> list[FieldError]:
    out = validate_labels(meta.get("labels"), "metadata.labels")
    out += validate_annotations(meta.get("annotations"), "metadata.annotations")
    return out + _owners(meta.get("ownerReferences") or [], "metadata.ownerReferences")


def validate_labels(labels: Obj | None, path: str) -> list[FieldError]:
    """Return what is wrong with a map of labels."""
    out: list[FieldError] = []
    for key, value in sorted((labels or {}).items()):
        out += [invalid(path, key, problem) for problem in names.qualified(key)]
        out += [invalid(path, value, problem) for problem in names.label_value(value)]
    return out


def validate_annotations(annotations: Obj | None, path: str) -> list[FieldError]:
    """Return what is wrong with a map of annotations."""
    if not annotations:
        return []
    out: list[FieldError] = []
    for key in sorted(annotations):
        out += [invalid(path, key, problem) for problem in names.qualified(key.lower())]
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > MAX_ANNOTATIONS:
        out.append(too_long(path, MAX_ANNOTATIONS))
    return out


def _owners(owners: list[Obj], path: str) -> list[FieldError]:
    out: list[FieldError] = []
    controller = ""
    for owner in owners:
        version = owner.get("apiVersion") or ""
        if version.count("/") > 1 or not version.rpartition("/")[2]:
            out.append(invalid(f"{path}.apiVersion", version, "version must not be empty"))
        out += [invalid(f"{path}.{field}", "", "must not be empty") for field in ("kind", "name", "uid") if not owner.get(field)]
        if version == "v1" and owner.get("kind") == "Event":
            out.append(invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
        if owner.get("controller"):
            if controller:
                text = "Only one reference can have Controller set to true. Found "
                text += f'"true" in references for {controller} and {owner.get("kind")}/{owner.get("name")}'
                out.append(invalid(path, owners, text))
            else:
                controller = f"{owner.get('kind')}/{owner.get('name')}"
    return out


def _finalizers(meta: Obj) -> list[FieldError]:
    found, path = meta.get("finalizers") or [], "metadata.finalizers"
    out = [invalid(path, name, problem) for name in found for problem in names.qualified(name)]
    if "orphan" in found and "foregroundDeletion" in found:
        out.append(invalid(path, found, "finalizer orphan and foregroundDeletion cannot be both set"))
    return out


def _plain_finalizers(meta: Obj) -> list[FieldError]:
    return [
        invalid(f"metadata.finalizers[{index}]", name, _NOT_STANDARD)
        for index, name in enumerate(meta.get("finalizers") or [])
        if not _is_standard(name)
    ]


def _is_standard(name: str) -> bool:
    return "/" in name or name in _STANDARD_FINALIZERS


def finalizer_name(name: str, path: str) -> list[FieldError]:
    """Return what is wrong with one finalizer."""
    out = [invalid(path, name, problem) for problem in names.qualified(name)]
    return out if _is_standard(name) else [*out, invalid(path, name, _NOT_STANDARD)]


def _changed(new: Obj, old: Obj) -> list[FieldError]:
    out: list[FieldError] = []
    before = old.get("finalizers") or ()
    added = sorted({name for name in new.get("finalizers") or () if name not in before})
    if old.get("deletionTimestamp") and added:
        shown = ", ".join(quote(name) for name in added)
        text = "no new finalizers can be added if the object is being deleted, found new finalizers []string{%s}"
        out.append(forbidden("metadata.finalizers", text % shown))
    for field in _IMMUTABLE:
        if new.get(field) != old.get(field):
            value = new.get(field)
            out.append(invalid(f"metadata.{field}", "null" if value is None else value, "field is immutable"))
    return out


def duplicates(values: list[str], path: str) -> list[FieldError]:
    """Return a finding for each value that was there before."""
    seen: set[str] = set()
    out = []
    for index, value in enumerate(values):
        if value in seen:
            out.append(duplicate(f"{path}[{index}]", value))
        seen.add(value)
    return out
