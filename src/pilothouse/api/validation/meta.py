"""The rules of metadata: names, labels, annotations, finalizers, owners, and what may not change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import FieldError, duplicate, forbidden, invalid, required, too_long
from pilothouse.api.meta import names

Obj = dict[str, Any]
NameRule = Callable[[str], list[str]]
MAX_ANNOTATIONS = 262144
_STANDARD_FINALIZERS = frozenset(("orphan", "foregroundDeletion", "kubernetes"))

_RULES: dict[tuple[str, str], NameRule] = {
    ("", "Namespace"): names.label,
    ("", "Service"): names.label,
    **{
        ("rbac.authorization.k8s.io", kind): names.path_segment
        for kind in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    },
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): names.path_segment,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): names.path_segment,
    ("apiregistration.k8s.io", "APIService"): names.path_segment,
}


def name_rule(group: str, kind: str) -> NameRule:
    """Return the rule for names of a kind."""
    return _RULES.get((group, kind), names.subdomain)


def validate_meta(meta: Obj, rule: NameRule, path: str = "metadata", *, is_custom: bool = False) -> list[FieldError]:
    """Return what is wrong with the metadata of a new object."""
    out: list[FieldError] = []
    generate, name = meta.get("generateName", ""), meta.get("name", "")
    if generate:
        out += [invalid(f"{path}.generateName", generate, problem) for problem in rule(names.masked(generate))]
    if not name:
        out.append(required(f"{path}.name", "name or generateName is required"))
    else:
        out += [invalid(f"{path}.name", name, problem) for problem in rule(name)]
    return out + validate_maps(meta, path, is_custom=is_custom)


def validate_maps(meta: Obj, path: str = "metadata", *, is_custom: bool = False) -> list[FieldError]:
    """Return what is wrong with labels, annotations, owners and finalizers; custom resources may name finalizers freely."""
    out = validate_labels(meta.get("labels"), f"{path}.labels")
    out += validate_annotations(meta.get("annotations"), f"{path}.annotations")
    out += _owners(meta.get("ownerReferences") or [], f"{path}.ownerReferences")
    return out + _finalizers(meta.get("finalizers") or [], f"{path}.finalizers", is_custom)


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
        at = path
        for field in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(field) or (field == "apiVersion" and owner[field].count("/") > 1):
                detail = "version must not be empty" if field == "apiVersion" else "must not be empty"
                where = f"{at}.{field}"
                out.append(invalid(where, owner.get(field) or "", detail))
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            out.append(invalid(at, owner, "/v1, Kind=Event is disallowed from being an owner"))
        if owner.get("controller"):
            if controller:
                text = "Only one reference can have Controller set to true. Found "
                text += f'"true" in references for {controller} and {owner.get("kind")}/{owner.get("name")}'
                out.append(invalid(path, owners, text))
            controller = f"{owner.get('kind')}/{owner.get('name')}"
    return out


def _finalizers(finalizers: list[str], path: str, is_custom: bool) -> list[FieldError]:
    out: list[FieldError] = []
    for name in finalizers:
        out += finalizer_name(name, path, is_custom=is_custom)
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        out.append(invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"))
    return out


def finalizer_name(name: str, path: str, *, is_custom: bool = False) -> list[FieldError]:
    """Return what is wrong with one finalizer."""
    out = [invalid(path, name, problem) for problem in names.qualified(name)]
    if not is_custom and "/" not in name and name not in _STANDARD_FINALIZERS and not out:
        out.append(invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"))
    return out


def validate_meta_update(new: Obj, old: Obj, path: str = "metadata", *, is_custom: bool = False) -> list[FieldError]:
    """Return which immutable metadata changed, and what is wrong with the rest."""
    out: list[FieldError] = []
    for field in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if new.get(field) != old.get(field):
            value = new.get(field)
            out.append(invalid(f"{path}.{field}", "null" if value is None else value, "field is immutable"))
    if old.get("deletionTimestamp"):
        added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
        if added:
            shown = str(added).replace("'", '"').replace(",", "")
            out.append(
                forbidden(
                    f"{path}.finalizers",
                    f"no new finalizers can be added if the object is being deleted, found new finalizers "
                    f"[]string{{{shown[1:-1]}}}",
                )
            )
    return out + validate_maps(new, path, is_custom=is_custom)


def duplicates(values: list[str], path: str) -> list[FieldError]:
    """Return a finding for each value that was there before."""
    seen: set[str] = set()
    out = []
    for index, value in enumerate(values):
        if value in seen:
            out.append(duplicate(f"{path}[{index}]", value))
        seen.add(value)
    return out
