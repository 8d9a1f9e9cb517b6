"""What of a Pod may change: images, its deadline, more tolerations, gates taken away."""

from __future__ import annotations

from pilothouse.api.findings import forbidden, invalid, required
from pilothouse.api.findings.internalform import internal_diff, internal_form
from pilothouse.api.validation.checks import Findings, Obj
from pilothouse.api.validation.pods.annotations import annotation_changes, pod_annotations
from pilothouse.api.validation.pods.containers import image_spaces
from pilothouse.api.validation.pods.placement import tolerations
from pilothouse.api.validation.pods.spec import any_pod

_UPDATES = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def pod_update(new: Obj, old: Obj) -> Findings:
    """The change of a Pod."""
    after, before = new["spec"], old["spec"]
    notes = new["metadata"].get("annotations")
    out = any_pod(new) + annotation_changes(notes, old["metadata"].get("annotations"), "metadata.annotations")
    out += pod_annotations(notes, after, "metadata.annotations")
    for key in ("containers", "initContainers"):
        if len(after.get(key) or ()) != len(before.get(key) or ()):
            return [*out, forbidden(f"spec.{key}", "pod updates may not add or remove containers")]
        out += _images(after.get(key) or [], f"spec.{key}")
    found, is_final = _deadline(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    out += found
    if is_final:
        return out
    out += _tolerations(after.get("tolerations") or [], before.get("tolerations") or [])
    out += _gates(after, before)
    if before.get("schedulingGates"):
        out += _node_selector(after.get("nodeSelector"), before.get("nodeSelector") or {})
        out += _node_affinity(after, before)
    frozen = _without_allowed_changes(after, before)
    if frozen != before:
        out.append(forbidden("spec", f"{_UPDATES}\n{internal_diff('PodSpec', before, frozen)}"))
    return out


def _images(containers: list[Obj], path: str) -> Findings:
    out: Findings = []
    for index, container in enumerate(containers):
        at = f"{path}[{index}]"
        out += image_spaces(container, at) if container.get("image") else [required(f"{at}.image")]
    return out


def _deadline(after: int | None, before: int | None) -> tuple[Findings, bool]:
    """Return (findings, whether nothing else is looked at)."""
    path = "spec.activeDeadlineSeconds"
    if after is None:
        text = "must not update from a positive integer to nil value"
        return [] if before is None else [invalid(path, None, text)], False
    if not 0 <= after <= 2**31 - 1:
        return [invalid(path, after, "must be between 0 and 2147483647, inclusive")], True
    if before is not None and after > before:
        return [invalid(path, after, "must be less than or equal to previous value")], True
    return [], False


def _tolerations(after: list[Obj], before: list[Obj]) -> Findings:
    def kept(toleration: Obj) -> Obj:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    remaining = [kept(toleration) for toleration in after]
    if all(kept(toleration) in remaining for toleration in before):
        return tolerations(after, "spec.tolerations")
    return [forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")]


def _gates(new: Obj, old: Obj) -> Findings:
    before = {gate.get("name") for gate in old.get("schedulingGates") or ()}
    out: Findings = []
    for index, gate in enumerate(new.get("schedulingGates") or ()):
        if gate.get("name") not in before:
            text = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            out.append(forbidden(f"spec.schedulingGates[{index}].name", text))
    return out


def _node_selector(after: Obj | None, before: Obj) -> Findings:
    if all((after or {}).get(key) == value for key, value in before.items()):
        return []
    text = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
    return [invalid("spec.nodeSelector", after, text)]


def _terms(spec: Obj) -> list[Obj]:
    wanted = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED) or {}
    return list(wanted.get("nodeSelectorTerms") or ())


def _node_affinity(after: Obj, before: Obj) -> Findings:
    terms, former = _terms(after), _terms(before)
    path = f"spec.affinity.nodeAffinity.{_REQUIRED}.nodeSelectorTerms"
    if former and len(terms) != len(former):
        text = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        return [invalid(path, internal_form("NodeTerm", terms) or None, text)]
    text = "only additions are allowed (no mutations or deletions)"
    pairs = zip(terms, former, strict=False)
    bad = [(index, term) for index, (term, was) in enumerate(pairs) if not _only_adds(term, was)]
    return [invalid(f"{path}[{index}]", internal_form("NodeTerm", term), text) for index, term in bad]


def _only_adds(term: Obj, was: Obj) -> bool:
    fields = ("matchExpressions", "matchFields")
    if not any(was.get(field) for field in fields):
        return not any(term.get(field) for field in fields)
    return all((term.get(field) or [])[: len(was.get(field) or ())] == (was.get(field) or []) for field in fields)


def _without_allowed_changes(new: Obj, old: Obj) -> Obj:
    """Return the new spec with everything that may change as it was."""
    out = dict(new)
    for key in ("containers", "initContainers"):
        if new.get(key):
            out[key] = [{**item, "image": was.get("image", "")} for item, was in zip(new[key], old[key], strict=True)]
    allowed = ["activeDeadlineSeconds", "tolerations", "schedulingGates"]
    if old.get("terminationGracePeriodSeconds", 0) < 0 and new.get("terminationGracePeriodSeconds") == 1:
        allowed.append("terminationGracePeriodSeconds")
    if old.get("schedulingGates"):
        allowed.append("nodeSelector")
        _keep_node_affinity(out, old)
    for key in allowed:
        out.pop(key, None)
        if key in old:
            out[key] = old[key]
    return out


def _keep_node_affinity(new: Obj, old: Obj) -> None:
    """The node affinity of a gated Pod may grow, the rest of its affinity may not change."""
    after, before = dict(new.get("affinity") or {}), old.get("affinity") or {}
    after.pop("nodeAffinity", None)
    if "nodeAffinity" in before:
        after["nodeAffinity"] = before["nodeAffinity"]
    new.pop("affinity", None)
    if after or "affinity" in old:
        new["affinity"] = after
