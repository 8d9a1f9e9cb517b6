"""Rules of Jobs and CronJobs."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from pilothouse.api.findings import FieldError, Verbatim, invalid, required, unsupported
from pilothouse.api.findings.internalform import internal_form
from pilothouse.api.validation.checks import (
    Findings,
    Obj,
    all_non_negative,
    immutable,
    non_negative,
    one_of,
)
from pilothouse.api.validation.pods import template
from pilothouse.api.validation.workloads.apps import NO_MATCH, selects, template_labels
from pilothouse.api.validation.workloads.cron import schedule_problem


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
    selector, labels = spec.get("selector"), template_labels(spec)
    if selector is None:
        out.append(required("spec.selector"))
    if not selects(selector, labels):
        out.append(invalid("spec.template.metadata.labels", labels, NO_MATCH))
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
