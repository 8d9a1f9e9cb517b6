"""Rules of what claims devices, of the group resource.k8s.io."""

from __future__ import annotations

from pilothouse.api.findings import internal_form, invalid
from pilothouse.api.validation.checks import IMMUTABLE, Findings, Obj, immutable


def slice_update(new: Obj, old: Obj) -> Findings:
    """The driver of a ResourceSlice stays."""
    return immutable("spec.driver", (new.get("spec") or {}).get("driver"), (old.get("spec") or {}).get("driver"))


def claim_update(new: Obj, old: Obj) -> Findings:
    """The spec of a ResourceClaim stays."""
    if new.get("spec") == old.get("spec"):
        return []
    return [invalid("spec", internal_form("ResourceClaimSpec", new.get("spec") or {}), IMMUTABLE)]
