"""What a CronJob does now: Jobs to start, replace and clean up."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from pilothouse.api.meta import Tree, controller_of, is_deleting, metadata, name_of, owner_reference, uid_of
from pilothouse.cluster.workloads.jobs.engine import finished_condition
from pilothouse.kit.clock import parse_rfc3339, rfc3339
from pilothouse.kit.schedules import Schedule, parse_schedule

MISSED_LIMIT = 100


class CronPlan(msgspec.Struct, frozen=True):
    """What to do now; `start_at` is the scheduled moment of the Job to create."""

    start_at: float | None
    delete: list[Tree]
    status: Tree
    requeue_after_s: float | None
    completed: list[Tree] = []
    """Jobs that ended since the status was written."""
    has_missed_many: bool = False
    skipped: str = ""


def plan_cron(cron_job: Tree, jobs: list[Tree], now: float) -> CronPlan:
    """Decide by the schedule, the running Jobs and the limits; raises `InvalidSchedule`."""
    spec, old = cron_job["spec"], cron_job.get("status") or {}
    owned = [job for job in jobs if (controller_of(job) or {}).get("uid") == uid_of(cron_job)]
    active = [job for job in owned if finished_condition(job) is None and not is_deleting(job)]
    cleanup = _surplus(spec, owned)
    status = _status(old, owned, active)
    running = {reference.get("uid") for reference in old.get("active") or ()}
    completed = [job for job in owned if uid_of(job) in running and finished_condition(job) is not None]
    if is_deleting(cron_job) or spec.get("suspend"):
        return CronPlan(None, cleanup, status, None, completed)
    schedule = parse_schedule(spec["schedule"], spec.get("timeZone") or "")
    due, has_missed_many = _latest_due(cron_job, schedule, now)
    following = schedule.next_after(now)
    wait_s = max(0.05, following - now) if following is not None else None
    plan = CronPlan(None, cleanup, status, wait_s, completed, has_missed_many)
    if due is None:
        return plan
    served = {**status, "lastScheduleTime": rfc3339(due)}
    if any(name_of(job) == job_name(cron_job, due) for job in owned):
        return replace(plan, status=served)
    policy = spec.get("concurrencyPolicy") or "Allow"
    if policy == "Forbid" and active:
        return replace(plan, skipped="Not starting job because prior execution is running")
    if policy == "Replace":
        cleanup = cleanup + active
    return replace(plan, start_at=due, delete=cleanup, status=served)


def _latest_due(cron_job: Tree, schedule: Schedule, now: float) -> tuple[float | None, bool]:
    """Return (the newest moment that has passed and was not served, within the starting deadline; whether many have)."""
    last = (cron_job.get("status") or {}).get("lastScheduleTime") or metadata(cron_job)["creationTimestamp"]
    earliest = parse_rfc3339(last)
    deadline_s = cron_job["spec"].get("startingDeadlineSeconds")
    if deadline_s is not None:
        earliest = max(earliest, now - float(deadline_s))
    due: float | None = None
    for _ in range(MISSED_LIMIT):
        following = schedule.next_after(earliest)
        if following is None or following > now:
            return due, False
        due = earliest = following
    return _newest(schedule, earliest, now), True


def _newest(schedule: Schedule, due: float, now: float) -> float:
    """Return the newest moment until `now`, `due` being one; looks back from now, further each time."""
    back_s = 60.0
    while now - back_s > due:
        following = schedule.next_after(now - back_s)
        if following is not None and following <= now:
            due = following
            break
        back_s *= 2
    while (following := schedule.next_after(due)) is not None and following <= now:
        due = following
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
        status["active"] = [reference_to(job) for job in sorted(active, key=name_of)]
    if old.get("lastScheduleTime"):
        status["lastScheduleTime"] = old["lastScheduleTime"]
    ends = [str((job.get("status") or {}).get("completionTime", "")) for job in owned]
    newest = max([*ends, str(old.get("lastSuccessfulTime", ""))], default="")
    if newest:
        status["lastSuccessfulTime"] = newest
    return status


def reference_to(job: Tree) -> Tree:
    """Return the entry of a running Job in the status."""
    meta = metadata(job)
    return {
        "apiVersion": "batch/v1", "kind": "Job", "name": name_of(job), "namespace": meta["namespace"], "uid": uid_of(job),
        "resourceVersion": meta["resourceVersion"],
    }  # fmt: skip


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
