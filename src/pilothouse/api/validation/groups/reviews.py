"""Rules of access reviews, of the group authorization.k8s.io: what is asked, about whom, and nothing else."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, internal_form, invalid, required
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, rule


def access_review(obj: Obj) -> Findings:
    """A SubjectAccessReview of any of the three kinds, as its writer stated it."""
    spec, kind = obj.get("spec") or {}, obj.get("kind")
    out = _spec(spec, needs_subject=kind != "SelfSubjectAccessReview")
    meta = {key: value for key, value in (obj.get("metadata") or {}).items() if value and key != "managedFields"}
    is_local = kind == "LocalSubjectAccessReview"
    if set(meta) - ({"namespace"} if is_local else set()):
        text = "must be empty except for namespace" if is_local else "must be empty"
        out.append(invalid("metadata", internal_form("Metadata", {"metadata": meta}), text))
    if not is_local:
        return out
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and resource.get("namespace", "") != meta.get("namespace", ""):
        text = "must match metadata.namespace"
        out.append(invalid("spec.resourceAttributes.namespace", resource.get("namespace", ""), text))
    if path is not None:
        shown = internal_form("NonResourceAttributes", path)
        out.append(invalid("spec.nonResourceAttributes", shown, "disallowed on this kind of request"))
    return out


def _spec(spec: Obj, *, needs_subject: bool) -> Findings:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    out: Findings = []
    if resource is not None and path is not None:
        text = "cannot be specified in combination with resourceAttributes"
        out.append(invalid("spec.nonResourceAttributes", internal_form("NonResourceAttributes", path), text))
    if resource is None and path is None:
        text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        out.append(invalid("spec.resourceAttributes", None, text))
    if needs_subject and not spec.get("user") and not spec.get("groups"):
        out.append(invalid("spec.user", "", "at least one of user or group must be specified"))
    for field in ("fieldSelector", "labelSelector"):
        selector = (resource or {}).get(field)
        if selector is not None:
            out += _selector(selector, f"spec.resourceAttributes.{field}", is_label=field == "labelSelector")
    return out


def _selector(selector: Obj, path: str, *, is_label: bool) -> Findings:
    raw, stated = selector.get("rawSelector"), selector.get("requirements") or []
    out: Findings = []
    if raw and stated:
        out.append(invalid(f"{path}.rawSelector", raw, "may not specified at the same time as requirements"))
    if not raw and not stated:
        text = f"when {path} is specified, requirements or rawSelector is required"
        out.append(required(f"{path}.requirements", text))
    for index, item in enumerate(stated):
        out += _requirement(item, f"{path}.requirements[{index}]", is_label=is_label)
    return out


def _requirement(item: Obj, path: str, *, is_label: bool) -> Findings:
    """One requirement; operators of newer clients are let through."""
    key, operator, values = item.get("key", ""), item.get("operator", ""), item.get("values") or []
    out: Findings = [] if key or is_label else [required(f"{path}.key", "must be specified")]
    if operator in ("In", "NotIn") and not values:
        out.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    if operator in ("Exists", "DoesNotExist") and values:
        out.append(forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    if not is_label:
        return out
    out += rule(f"{path}.key", key, names.qualified)
    return out + [finding for i, value in enumerate(values) for finding in rule(f"{path}.values[{i}]", value, names.label_value)]
