"""Rules of StatefulSets."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, non_negative, rule
from pilothouse.api.validation.v1.claims import claim_spec
from pilothouse.api.validation.workloads.apps.rollouts import stateful_strategy
from pilothouse.api.validation.workloads.apps.templates import selected_template

_RETENTIONS = ("Retain", "Delete")
_MUTABLE = frozenset(
    (
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    )
)  # fmt: skip
_FROZEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def stateful_set(obj: Obj) -> Findings:
    """A new StatefulSet."""
    return _spec(obj["spec"], None)


def stateful_set_update(new: Obj, old: Obj) -> Findings:
    """A changed StatefulSet, of which most may not change."""
    out = _spec(new["spec"], old["spec"])
    frozen = [{key: value for key, value in obj["spec"].items() if key not in _MUTABLE} for obj in (new, old)]
    return out if frozen[0] == frozen[1] else [*out, forbidden("spec", _FROZEN)]


def _spec(spec: Obj, old: Obj | None) -> Findings:
    out: Findings = []
    policy = spec.get("podManagementPolicy")
    if not policy:
        out.append(required("spec.podManagementPolicy"))
    elif policy not in ("OrderedReady", "Parallel"):
        out.append(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"))
    out += stateful_strategy(spec.get("updateStrategy") or {}, "spec.updateStrategy")
    kept = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if kept.get(field, "Retain") not in _RETENTIONS:
            out.append(unsupported(f"spec.persistentVolumeClaimRetentionPolicy.{field}", kept[field], _RETENTIONS))
    out += all_non_negative("spec", spec, "replicas", "minReadySeconds")
    out += non_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    out += non_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    service = spec.get("serviceName")
    if service and (old is None or service != old.get("serviceName")):
        out += rule("spec.serviceName", service, names.label)
    for index, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        if old is None or claim not in (old.get("volumeClaimTemplates") or ()):
            out += claim_spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")
    return out + selected_template(_with_claims(spec), "StatefulSet", "statefulset")


def _with_claims(spec: Obj) -> Obj:
    """Return a spec whose template has a volume for each claim."""
    found = spec.get("template") or {}
    pod = dict(found.get("spec") or {})
    own = {volume.get("name") for volume in pod.get("volumes") or ()}
    claims = [(claim.get("metadata") or {}).get("name", "") for claim in spec.get("volumeClaimTemplates") or ()]
    pod["volumes"] = [*(pod.get("volumes") or ()), *({"name": name, "emptyDir": {}} for name in claims if name not in own)]
    return {**spec, "template": {**found, "spec": pod}}
