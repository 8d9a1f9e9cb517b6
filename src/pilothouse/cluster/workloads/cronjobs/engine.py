"""What a CronJob does now: Jobs to start, replace and clean up."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, controller_of, is_deleting, metadata, name_of, owner_reference, uid_of
from pilothouse.cluster.workloads.cronjobs.schedule import Schedule, parse_schedule
from pilothouse.cluster.workloads.jobs.engine import finished_condition
from pilothouse.kit.clock import parse_rfc3339, rfc3339

MISSED_LIMIT = 100


class CronPlan(msgspec.Struct, frozen=True):
    """What to do now; `start_at` is the scheduled moment of the Job to create."""

    start_at: float | None
    delete: list[Tree]
    status: Tree
    requeue_after_s: float | None
    skipped: str = ""


def plan_cron(cron_job: Tree, jobs: list[Tree], now: float) -> CronPlan:
    """Decide by the schedule, the running Jobs and the limits; raises `InvalidSchedule`."""
    spec, old = cron_job["spec"], cron_job.get("status") or {}
    owned = [job for job in jobs if (controller_of(job) or {}).get("uid") == uid_of(cron_job)]
    active = [job for job in owned if finished_condition(job) is None and not is_deleting(job)]
    cleanup = _surplus(spec, owned)
    status = _status(old, owned, active)
    if is_deleting(cron_job) or spec.get("suspend"):
        return CronPlan(None, cleanup, status, None)
    schedule = parse_schedule(spec["schedule"], spec.get("timeZone") or "")
    due = _latest_due(cron_job, schedule, now)
    following = schedule.next_after(now)
    wait_s = max(0.05, following - now) if following is not None else None
    if due is None:
        return CronPlan(None, cleanup, status, wait_s)
    if any(name_of(job) == job_name(cron_job, due) for job in owned):
        return CronPlan(None, cleanup, {**status, "lastScheduleTime": rfc3339(due)}, wait_s)
    policy = spec.get("concurrencyPolicy") or "Allow"
    if policy == "Forbid" and active:
        return CronPlan(None, cleanup, status, wait_s, skipped="Not starting job because prior execution is running")
    if policy == "Replace":
        cleanup = cleanup + active
    return CronPlan(due, cleanup, {**status, "lastScheduleTime": rfc3339(due)}, wait_s)


def _latest_due(cron_job: Tree, schedule: Schedule, now: float) -> float | None:
    """Return the newest moment that has passed and was not served, within the starting deadline."""
    last = (cron_job.get("status") or {}).get("lastScheduleTime") or metadata(cron_job)["creationTimestamp"]
    earliest = parse_rfc3339(last)
    deadline_s = cron_job["spec"].get("startingDeadlineSeconds")
    if deadline_s is not None:
        earliest = max(earliest, now - float(deadline_s))
    due: float | None = None
    for _ in range(MISSED_LIMIT):
        following = schedule.next_after(earliest)
        if following is None or following > now:
            return due
        due = earliest = following
    return due


def _surplus(spec: Tree, owned: list[Tree]) -> list[Tree]:
    surplus: list[Tree] = []
    for kind, field, default in (("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)):
        limit = default if spec.get(field) is None else int(spec[field])
        finished = [job for job in owned if (finished_condition(job) or {}).get("type") == kind and not is_deleting(job)]
        finished.sort(key=lambda job: str((job.get("status") or {}).get("startTime", "")))
        surplus += finished[: max(0, len(finished) - limit)]
    return surplus


def _status(old: Tree, owned: list[Tree], active: list[Tree]) -> Tree:
    status: Tree = {}
    if active:
        status["active"] = [
            {"apiVersion": "batch/v1", "kind": "Job", "name": name_of(job), "namespace": metadata(job)["namespace"],
             "uid": uid_of(job), "resourceVersion": metadata(job)["resourceVersion"]}
            for job in sorted(active, key=name_of)
        ]  # fmt: skip
    if old.get("lastScheduleTime"):
        status["lastScheduleTime"] = old["lastScheduleTime"]
    ends = [str((job.get("status") or {}).get("completionTime", "")) for job in owned]
    newest = max([*ends, str(old.get("lastSuccessfulTime", ""))], default="")
    if newest:
        status["lastSuccessfulTime"] = newest
    return status


def job_name(cron_job: Tree, moment: float) -> str:
    """Return the name of the Job for a scheduled moment: the same moment never makes two."""
    return f"{name_of(cron_job)}-{int(moment) // 60}"


def job_for(cron_job: Tree, moment: float) -> Tree:
    """Return the Job to create."""
    template = cron_job["spec"]["jobTemplate"]
    source = template.get("metadata") or {}
    annotations = {**(source.get("annotations") or {}), "batch.kubernetes.io/cronjob-scheduled-timestamp": rfc3339(moment)}
    meta = {
        "name": job_name(cron_job, moment),
        "namespace": metadata(cron_job)["namespace"],
        "labels": dict(source.get("labels") or {}),
        "annotations": annotations,
        "ownerReferences": [owner_reference(cron_job)],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template["spec"]}
