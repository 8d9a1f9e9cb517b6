"""Rules of CronJobs."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from pilothouse.api.findings import invalid, required, unsupported
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative, non_negative, one_of
from pilothouse.api.validation.workloads.batch.jobs import job_spec
from pilothouse.api.validation.workloads.cron import schedule_problem

MAX_NAME = 52
_ZONE_PART = re.compile(r"[A-Za-z.\-_0-9+]{1,14}")


def cron_job(obj: Obj) -> Findings:
    """A new CronJob."""
    out = cron_spec(obj["spec"], None)
    name = obj["metadata"].get("name", "")
    if len(name) > MAX_NAME:
        out.append(invalid("metadata.name", name, f"must be no more than {MAX_NAME} characters"))
    return out


def cron_job_update(new: Obj, old: Obj) -> Findings:
    """A changed CronJob: what an older server let through may stay."""
    return cron_spec(new["spec"], old["spec"])


def cron_spec(spec: Obj, old: Obj | None) -> Findings:
    """The spec of a CronJob."""
    zone = spec.get("timeZone")
    out = _schedule(spec.get("schedule", ""), zone, may_name_zone="TZ" in (old or {}).get("schedule", ""))
    out += non_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if zone is not None and (old is None or zone != old.get("timeZone")):
        out += _time_zone(zone)
    out += one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), ("Allow", "Forbid", "Replace"), needed=True)
    template = (spec.get("jobTemplate") or {}).get("spec") or {}
    out += job_spec(template, "spec.jobTemplate.spec")
    path = "spec.jobTemplate.spec"
    if template.get("selector") is not None:
        out.append(invalid(f"{path}.selector", template["selector"], "`selector` will be auto-generated"))
    if template.get("manualSelector"):
        out.append(unsupported(f"{path}.manualSelector", True, ("nil", "false")))
    return out + all_non_negative("spec", spec, "successfulJobsHistoryLimit", "failedJobsHistoryLimit")


def _schedule(schedule: str, zone: str | None, *, may_name_zone: bool) -> Findings:
    path = "spec.schedule"
    if not schedule:
        return [required(path)]
    problem = schedule_problem(schedule)
    out: Findings = [invalid(path, schedule, problem)] if problem else []
    if "TZ" not in schedule:
        return out
    if not may_name_zone:
        out.append(invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
    elif zone is not None:
        out.append(invalid(path, schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"))
    return out


def _time_zone(zone: str) -> Findings:
    path = "spec.timeZone"
    if not zone:
        return [invalid(path, zone, "timeZone must be nil or non-empty string")]
    unknown = invalid(path, zone, f"unknown time zone {zone}")
    if any(part in (".", "..") or part[:1] == "-" or not _ZONE_PART.fullmatch(part) for part in zone.split("/")):
        return [unknown]
    out: Findings = []
    if zone.lower() == "local":
        text = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        out.append(invalid(path, zone, text))
    return out if zone == "Local" or zone in available_timezones() else [*out, unknown]
