"""Rules of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, autoscalers and disruption budgets."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from pilothouse.api.findings import FieldError, Verbatim, forbidden, invalid, required, unsupported
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
    one_of,
)
from pilothouse.api.validation.cron import schedule_problem
from pilothouse.api.validation.pods import template
from pilothouse.api.validation.volumes import claim_spec
from pilothouse.kit.errors import BadRequest

_NO_MATCH = "`selector` does not match template `labels`"
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


def _labels(spec: Obj) -> Obj | None:
    found: Obj | None = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    return found


def _template(spec: Obj, *, policies: tuple[str, ...] = ("Always",)) -> Findings:
    found = spec.get("template") or {}
    out = template(found, "spec.template")
    policy = (found.get("spec") or {}).get("restartPolicy")
    if policy not in policies and (found.get("spec") or {}).get("containers"):
        out.append(unsupported("spec.template.spec.restartPolicy", policy or "", policies))
    return out


def _matches(selector: Obj | None, labels: Obj | None) -> bool:
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
    labels = _labels(spec)
    return [] if _matches(spec.get("selector"), labels) else [invalid("spec.template.metadata.labels", labels, _NO_MATCH)]


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
    selector, labels = spec.get("selector") or {}, _labels(spec) or {}
    if not selector:
        out.append(required("spec.selector"))
    out += non_negative("spec.replicas", spec.get("replicas"))
    if not spec.get("template"):
        return [*out, required("spec.template")]
    if any(labels.get(key) != value for key, value in selector.items()):
        out.append(invalid("spec.template.metadata.labels", labels, _NO_MATCH))
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


def job(obj: Obj) -> Findings:
    """A new Job."""
    spec = obj["spec"]
    selector = spec.get("selector")
    wanted = {"matchLabels": {"batch.kubernetes.io/controller-uid": obj["metadata"].get("uid", "")}}
    if selector is None or spec.get("manualSelector") or selector == wanted:
        return _selecting_job_spec(spec)
    return [invalid("spec.selector", selector, "`selector` not auto-generated"), *_selecting_job_spec(spec)]


def _selecting_job_spec(spec: Obj) -> Findings:
    out = job_spec(spec, "spec")
    selector, labels = spec.get("selector"), _labels(spec)
    if selector is None:
        out.append(required("spec.selector"))
    if not _matches(selector, labels):
        out.append(invalid("spec.template.metadata.labels", labels, _NO_MATCH))
    return out


def job_spec(spec: Obj, path: str) -> Findings:
    """The spec of a Job or of the template of a CronJob."""
    numbers = ("parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished")
    out = all_non_negative(path, spec, *numbers)
    mode = spec.get("completionMode")
    out += one_of(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed" and spec.get("completions") is None:
        out.append(required(f"{path}.completions", "when completion mode is Indexed"))
    managed = spec.get("managedBy")
    if managed is not None and not re.fullmatch(r"[a-z0-9.-]+/[^\s]+", managed):
        out.append(invalid(f"{path}.managedBy", managed, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    out += _failure_policy(spec.get("podFailurePolicy"), f"{path}.podFailurePolicy")
    success = spec.get("successPolicy")
    if success is not None and mode != "Indexed":
        out.append(invalid(f"{path}.successPolicy", internal_form("SuccessPolicy", success), "requires indexed completion mode"))
    found = spec.get("template") or {}
    out += template(found, f"{path}.template")
    policy = (found.get("spec") or {}).get("restartPolicy")
    if policy in (None, "", "Always"):
        text = 'valid values: "OnFailure", "Never"'
        out.append(required(f"{path}.template.spec.restartPolicy", text))
    elif policy not in ("OnFailure", "Never"):
        out.append(unsupported(f"{path}.template.spec.restartPolicy", policy, ("OnFailure", "Never")))
    return out


def _failure_policy(policy: Obj | None, path: str) -> Findings:
    out: Findings = []
    for index, rule in enumerate((policy or {}).get("rules") or ()):
        at = f"{path}.rules[{index}]"
        out += one_of(f"{at}.action", rule.get("action"), ("Count", "FailIndex", "FailJob", "Ignore"), needed=True)
        if rule.get("onExitCodes") is None and not rule.get("onPodConditions"):
            text = "specifying one of OnExitCodes and OnPodConditions is required"
            out.append(FieldError(at, "FieldValueInvalid", Verbatim(""), text))
    return out


_JOB_FROZEN = ("selector", "template", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def job_update(new: Obj, old: Obj) -> Findings:
    """What of a Job may not change."""
    after, before = new["spec"], old["spec"]
    out = job(new) + _selecting_job_spec(after)
    is_elastic = after.get("completionMode") == "Indexed" and after.get("completions") == after.get("parallelism")
    if not is_elastic:
        out += immutable("spec.completions", after.get("completions"), before.get("completions"))
    for field in _JOB_FROZEN:
        value, previous = after.get(field), before.get(field)
        if field == "template":
            value = _with_old_placement(old, value or {}, previous or {})
            if value != previous:
                out.append(invalid("spec.template", internal_form("PodTemplateSpec", value), "field is immutable"))
        else:
            out += immutable(f"spec.{field}", value, previous)
    return out


def _with_old_placement(job: Obj, template: Obj, old: Obj) -> Obj:
    """Return a template with what may change while a Job is suspended and never started as it was."""
    if not job["spec"].get("suspend") or (job.get("status") or {}).get("startTime"):
        return template
    out = {"metadata": dict(template.get("metadata") or {}), "spec": dict(template.get("spec") or {})}
    before = {"metadata": old.get("metadata") or {}, "spec": old.get("spec") or {}}
    mutable = {"metadata": ("labels", "annotations"), "spec": ("affinity", "nodeSelector", "tolerations", "schedulingGates")}
    for part, fields in mutable.items():
        for field in fields:
            out[part].pop(field, None)
            if field in before[part]:
                out[part][field] = before[part][field]
    return {key: value for key, value in out.items() if value or key in old}


def cron_job(obj: Obj) -> Findings:
    """A new CronJob."""
    out = cron_spec(obj["spec"])
    name = obj["metadata"].get("name", "")
    if len(name) > 52:
        out.append(invalid("metadata.name", name, "must be no more than 52 characters"))
    return out


def cron_spec(spec: Obj) -> Findings:
    """The spec of a CronJob."""
    out: Findings = []
    schedule = spec.get("schedule", "")
    if not schedule:
        out.append(required("spec.schedule"))
    else:
        problem = schedule_problem(schedule)
        if problem:
            out.append(invalid("spec.schedule", schedule, problem))
    zone = spec.get("timeZone")
    if zone is not None:
        out += _time_zone(zone)
    out += non_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    out += one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"))
    out += job_spec((spec.get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec")
    return out + all_non_negative("spec", spec, "successfulJobsHistoryLimit", "failedJobsHistoryLimit")


def _time_zone(zone: str) -> Findings:
    path = "spec.timeZone"
    if not zone:
        return [invalid(path, zone, "timeZone must be nil or non-empty string")]
    if zone == "Local":
        return [invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")]
    return [] if zone in available_timezones() else [invalid(path, zone, f"unknown time zone {zone}")]


def budget(obj: Obj) -> Findings:
    """A new PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    out: Findings = []
    if least is not None and most is not None:
        shown = internal_form("DisruptionBudgetSpec", spec)
        out.append(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for field, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            out += int_or_percent(f"spec.{field}", value) + at_most_100(f"spec.{field}", value)
    out += label_selector("spec.selector", spec.get("selector"))
    policies = ("AlwaysAllow", "IfHealthyBudget")
    return out + one_of("spec.unhealthyPodEvictionPolicy", spec.get("unhealthyPodEvictionPolicy"), policies)


_METRICS = ("ContainerResource", "External", "Object", "Pods", "Resource")


def autoscaler(obj: Obj) -> Findings:
    """A new HorizontalPodAutoscaler."""
    spec = obj["spec"]
    out: Findings = []
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        out.append(invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        out.append(required("spec.maxReplicas", "must be set and greater than 0"))
    if least is not None and most < least:
        out.append(invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    out += _scale_target(spec.get("scaleTargetRef") or {})
    metrics = spec.get("metrics") or []
    for index, metric in enumerate(metrics):
        out += _metric(metric, f"spec.metrics[{index}]")
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in metrics):
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        out.append(forbidden("spec.metrics", text))
    for name, rules in (spec.get("behavior") or {}).items():
        if rules is not None and not rules.get("policies"):
            out.append(required(f"spec.behavior.{name}.policies", "must specify at least one Policy"))
    return out


def _scale_target(target: Obj) -> Findings:
    path = "spec.scaleTargetRef"
    out: Findings = [required(f"{path}.{field}") for field in ("kind", "name") if not target.get(field)]
    version = target.get("apiVersion", "")
    if "/" not in version and target.get("kind") != "ReplicationController":
        out.append(invalid(f"{path}.apiVersion", version, "apiVersion must specify API group"))
    return out


def _metric(metric: Obj, path: str) -> Findings:
    kind = metric.get("type", "")
    if not kind:
        return [required(f"{path}.type", "must specify a metric source type")]
    if kind not in _METRICS:
        return [unsupported(f"{path}.type", kind, _METRICS)] * 2
    field = kind[:1].lower() + kind[1:]
    source = metric.get(field)
    if source is None:
        return [required(f"{path}.{field}", "must populate information for the given metric source")]
    out: Findings = []
    target = source.get("target") or {}
    if kind in ("Resource", "ContainerResource"):
        if not source.get("name"):
            out.append(required(f"{path}.{field}.name", "must specify a resource name"))
        if target.get("averageUtilization") is None and target.get("averageValue") is None:
            text = "must set either a target raw value or a target utilization"
            out.append(required(f"{path}.{field}.target.averageUtilization", text))
    return out
