"""Rules of storage classes."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    one_of,
    rule,
)


def storage_class(obj: Obj) -> Findings:
    """A new StorageClass."""
    out: Findings = [] if obj.get("provisioner") else [required("provisioner")]
    out += [invalid("parameters", key, "field can not be empty.") for key in obj.get("parameters") or () if not key]
    out += one_of("reclaimPolicy", obj.get("reclaimPolicy"), ("Delete", "Retain"))
    out += one_of("volumeBindingMode", obj.get("volumeBindingMode"), ("Immediate", "WaitForFirstConsumer"))
    for index, term in enumerate(obj.get("allowedTopologies") or ()):
        for number, expression in enumerate(term.get("matchLabelExpressions") or ()):
            at = f"allowedTopologies[{index}].matchLabelExpressions[{number}]"
            if not expression.get("values"):
                out.append(required(f"{at}.values"))
            out += rule(f"{at}.key", expression.get("key", ""), names.qualified)
    return out


def storage_class_update(new: Obj, old: Obj) -> Findings:
    """What of a StorageClass may not change."""
    out: Findings = []
    if new.get("parameters") != old.get("parameters"):
        out.append(forbidden("parameters", "updates to parameters are forbidden."))
    for field in ("provisioner", "reclaimPolicy", "volumeBindingMode"):
        if new.get(field) != old.get(field):
            out.append(invalid(field, new.get(field), "field is immutable"))
    return out
