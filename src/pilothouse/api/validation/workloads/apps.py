"""Rules of Deployments, ReplicaSets, ReplicationControllers, StatefulSets and DaemonSets."""

from __future__ import annotations

from typing import Any

from pilothouse.api.findings import forbidden, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.selectors import label_selector_from_object
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    all_non_negative,
    at_most_100,
    immutable,
    int_or_percent,
    is_zero,
    label_selector,
    non_negative,
)
from pilothouse.api.validation.pods import template
from pilothouse.api.validation.volumes import claim_spec
from pilothouse.kit.errors import BadRequest

NO_MATCH = "`selector` does not match template `labels`"
_STS_TEXT = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', "
    "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_STS_MUTABLE = frozenset(
    (
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    )
)  # fmt: skip


def template_labels(spec: Obj) -> Obj | None:
    """Return the labels of a Pod template."""
    found: Obj | None = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    return found


def _template(spec: Obj, *, policies: tuple[str, ...] = ("Always",)) -> Findings:
    found = spec.get("template") or {}
    out = template(found, "spec.template")
    policy = (found.get("spec") or {}).get("restartPolicy")
    if policy not in policies and (found.get("spec") or {}).get("containers"):
        out.append(unsupported("spec.template.spec.restartPolicy", policy or "", policies))
    return out


def selects(selector: Obj | None, labels: Obj | None) -> bool:
    """Whether a selector selects these labels; one that is absent or malformed selects nothing."""
    if selector is None:
        return False
    try:
        return label_selector_from_object(selector).matches(labels or {})
    except BadRequest:
        return False


def _selector(spec: Obj, empty: str) -> tuple[Findings, bool]:
    """Return (findings, whether labels can be compared with it)."""
    selector = spec.get("selector")
    if selector is None:
        return [required("spec.selector")], True
    out = label_selector("spec.selector", selector)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        out.append(invalid("spec.selector", {}, empty))
        return out, False
    if out:
        out.append(invalid("spec.selector", selector, "invalid label selector"))
        return out, False
    return out, True


def _label_match(spec: Obj) -> Findings:
    labels = template_labels(spec)
    return [] if selects(spec.get("selector"), labels) else [invalid("spec.template.metadata.labels", labels, NO_MATCH)]


def deployment(obj: Obj) -> Findings:
    """A new Deployment."""
    spec = obj["spec"]
    out = non_negative("spec.replicas", spec.get("replicas"))
    found, can_compare = _selector(spec, "empty selector is invalid for deployment")
    out += found
    if can_compare:
        out += _label_match(spec)
    out += _template(spec)
    out += _strategy(spec.get("strategy") or {})
    out += all_non_negative("spec", spec, "minReadySeconds", "revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        out += non_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= spec.get("minReadySeconds", 0):
            out.append(invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return out


def _strategy(strategy: Obj) -> Findings:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            return [forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")]
        return []
    if kind != "RollingUpdate":
        return [unsupported("spec.strategy", internal_form("DeploymentStrategy", strategy), ("Recreate", "RollingUpdate"))]
    rolling = rolling or {}
    path = "spec.strategy.rollingUpdate"
    out = int_or_percent(f"{path}.maxUnavailable", rolling.get("maxUnavailable"))
    out += int_or_percent(f"{path}.maxSurge", rolling.get("maxSurge"))
    if is_zero(rolling.get("maxUnavailable")) and is_zero(rolling.get("maxSurge")):
        out.append(invalid(f"{path}.maxUnavailable", rolling.get("maxUnavailable"), "may not be 0 when `maxSurge` is 0"))
    return out + at_most_100(f"{path}.maxUnavailable", rolling.get("maxUnavailable"))


def selector_update(check: Any) -> Any:
    """Return the rule of an update: that of a create, and the selector may not change."""

    def update(new: Obj, old: Obj) -> Findings:
        return [*check(new), *immutable("spec.selector", new["spec"].get("selector"), old["spec"].get("selector"))]

    return update


def replica_set(obj: Obj) -> Findings:
    """A new ReplicaSet."""
    spec = obj["spec"]
    out = all_non_negative("spec", spec, "replicas", "minReadySeconds")
    found, can_compare = _selector(spec, "empty selector is invalid for deployment")
    out += found
    if can_compare:
        out += _label_match(spec)
    return out + _template(spec)


def replication_controller(obj: Obj) -> Findings:
    """A new ReplicationController."""
    spec = obj["spec"]
    out = all_non_negative("spec", spec, "minReadySeconds")
    selector, labels = spec.get("selector") or {}, template_labels(spec) or {}
    if not selector:
        out.append(required("spec.selector"))
    out += non_negative("spec.replicas", spec.get("replicas"))
    if not spec.get("template"):
        return [*out, required("spec.template")]
    if any(labels.get(key) != value for key, value in selector.items()):
        out.append(invalid("spec.template.metadata.labels", labels, NO_MATCH))
    return out + _template(spec)


def stateful_set(obj: Obj) -> Findings:
    """A new StatefulSet."""
    spec = obj["spec"]
    out: Findings = []
    policy = spec.get("podManagementPolicy")
    if policy not in ("OrderedReady", "Parallel"):
        out.append(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"))
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") not in ("RollingUpdate", "OnDelete"):
        shown = internal_form("StatefulSetStrategy", strategy)
        out.append(invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'"))
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    out += non_negative("spec.updateStrategy.rollingUpdate.partition", partition)
    out += non_negative("spec.replicas", spec.get("replicas"))
    out += non_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    out += non_negative("spec.ordinals.start", (spec.get("ordinals") or {}).get("start"))
    found, can_compare = _selector(spec, "empty selector is invalid for statefulset")
    out += found
    if can_compare:
        out += _label_match(spec)
    for index, claim in enumerate(spec.get("volumeClaimTemplates") or ()):
        out += claim_spec(claim.get("spec") or {}, f"spec.volumeClaimTemplates[{index}].spec")
    return out + _sts_template(spec)


def _sts_template(spec: Obj) -> Findings:
    claims = [
        {"name": (claim.get("metadata") or {}).get("name", ""), "emptyDir": {}}
        for claim in spec.get("volumeClaimTemplates") or ()
    ]
    found = spec.get("template") or {}
    pod = dict(found.get("spec") or {})
    own = {volume.get("name") for volume in pod.get("volumes") or ()}
    pod["volumes"] = [*(pod.get("volumes") or ()), *(claim for claim in claims if claim["name"] not in own)]
    return _template({"template": {**found, "spec": pod}})


def stateful_set_update(new: Obj, old: Obj) -> Findings:
    """What of a StatefulSet may not change."""
    frozen = [{key: value for key, value in obj["spec"].items() if key not in _STS_MUTABLE} for obj in (new, old)]
    if frozen[0] != frozen[1]:
        return [forbidden("spec", _STS_TEXT)]
    return stateful_set(new)


def daemon_set(obj: Obj) -> Findings:
    """A new DaemonSet."""
    spec = obj["spec"]
    found, can_compare = _selector(spec, "empty selector is invalid for daemonset")
    out = found
    if can_compare:
        out = out + _label_match(spec)
    out += _template(spec)
    out += all_non_negative("spec", spec, "minReadySeconds")
    out += _daemon_strategy(spec.get("updateStrategy") or {})
    return out + non_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def _daemon_strategy(strategy: Obj) -> Findings:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        return [unsupported("spec.updateStrategy", internal_form("DeploymentStrategy", strategy), ("RollingUpdate", "OnDelete"))]
    rolling = rolling or {}
    path = "spec.updateStrategy.rollingUpdate"
    out = int_or_percent(f"{path}.maxUnavailable", rolling.get("maxUnavailable"))
    out += int_or_percent(f"{path}.maxSurge", rolling.get("maxSurge"))
    has_unavailable, has_surge = not is_zero(rolling.get("maxUnavailable")), not is_zero(rolling.get("maxSurge"))
    if has_unavailable and has_surge:
        out.append(invalid(f"{path}.maxSurge", rolling.get("maxSurge"), "may not be set when maxUnavailable is non-zero"))
    elif not has_unavailable and not has_surge:
        out.append(required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return out
