"""What a Job does next: Pods to create or delete, its conditions and counts."""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, annotations_of, is_deleting, metadata, uid_of
from pilothouse.cluster.workloads.jobs.tracking import FINALIZER, Tally, completed_indexes, has_failed, owned_by, tally
from pilothouse.cluster.workloads.pods import is_finished, is_ready, phase_of, pod_from_template
from pilothouse.kit.clock import parse_rfc3339, rfc3339

INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"


class JobPlan(msgspec.Struct, frozen=True):
    """What to do now."""

    create: list[int | None]
    """Completion indexes to create Pods for; None for a Job that is not indexed."""
    delete: list[Tree]
    status: Tree
    requeue_after_s: float | None = None
    should_delete_job: bool = False


class _Counts(msgspec.Struct):
    active: list[Tree]
    failed: list[Tree]
    """The failed Pods that are still there."""
    tally: Tally
    completed: set[int]
    """Indexes that are done."""


def _count(job: Tree, pods: list[Tree]) -> _Counts:
    owned = owned_by("", uid_of(job), pods)
    done = completed_indexes((job.get("status") or {}).get("completedIndexes") or "")
    done |= {index for pod in owned if phase_of(pod) == "Succeeded" and (index := index_of(pod)) is not None}
    active = [pod for pod in owned if not is_finished(pod) and not is_deleting(pod)]
    return _Counts(active, [pod for pod in owned if has_failed(pod)], tally(job, owned), done)


def finished_condition(job: Tree) -> Tree | None:
    """Return the Complete or Failed condition once it is True."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("type") in {"Complete", "Failed"} and condition.get("status") == "True":
            found: Tree = condition
            return found
    return None


def index_of(pod: Tree) -> int | None:
    """Return the completion index of a Pod."""
    text = annotations_of(pod).get(INDEX_ANNOTATION, "")
    return int(text) if text.isdigit() else None


def plan_job(job: Tree, pods: list[Tree], now: float) -> JobPlan:
    """Compare the wish with the Pods."""
    counts = _count(job, pods)
    done = finished_condition(job)
    if done is not None:
        return _plan_finished(job, counts, done, now)
    if is_deleting(job):
        return JobPlan([], [], job.get("status") or {})
    spec = job["spec"]
    if spec.get("suspend"):
        status = _status(job, counts, [], now, [_condition("Suspended", "JobSuspended", "Job suspended", now)])
        status.pop("startTime", None)
        return JobPlan([], counts.active, {**status, "active": 0} if counts.active else status)
    verdict = _verdict(job, counts, now)
    if verdict is not None:
        return _plan_verdict(job, counts, verdict, now)
    create = _missing(job, counts)
    surplus = counts.active[: max(0, len(counts.active) - _allowed(job, counts))]
    wait_s = None
    if spec.get("activeDeadlineSeconds"):
        wait_s = max(0.05, _started(job, now) + float(spec["activeDeadlineSeconds"]) - now)
    backoff_s = _backoff_s(counts, now)
    if create and backoff_s > 0:
        create, wait_s = [], min(backoff_s, wait_s or backoff_s)
    resumed = [_condition("Suspended", "JobResumed", "Job resumed", now, "False")] if _was_suspended(job) else []
    return JobPlan(create, surplus, _status(job, counts, create, now, resumed), wait_s)


def _plan_finished(job: Tree, counts: _Counts, done: Tree, now: float) -> JobPlan:
    ttl_s = job["spec"].get("ttlSecondsAfterFinished")
    status = job.get("status") or {}
    if ttl_s is None:
        return JobPlan([], counts.active, status)
    due = parse_rfc3339(done["lastTransitionTime"]) + float(ttl_s)
    return JobPlan([], counts.active, status, max(0.05, due - now) if due > now else None, should_delete_job=due <= now)


def _plan_verdict(job: Tree, counts: _Counts, verdict: Tree, now: float) -> JobPlan:
    before = {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[verdict["type"]]
    conditions = [{**verdict, "type": before}]
    if not counts.tally.is_settled:  # nothing is final before everything is counted
        return JobPlan([], counts.active, _status(job, counts, [], now, conditions))
    status = _status(job, counts, [], now, [*conditions, verdict])
    status["ready"] = 0
    status.pop("active", None)
    if verdict["type"] == "Complete":
        status["completionTime"] = rfc3339(now)
    return JobPlan([], counts.active, status)


def _was_suspended(job: Tree) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(c.get("type") == "Suspended" and c.get("status") == "True" for c in conditions)


def _started(job: Tree, now: float) -> float:
    text = (job.get("status") or {}).get("startTime")
    return parse_rfc3339(text) if text else now


def _condition(kind: str, reason: str, message: str, now: float, value: str = "True") -> Tree:
    stamp = rfc3339(now)
    return {
        "type": kind, "status": value, "reason": reason, "message": message,
        "lastProbeTime": stamp, "lastTransitionTime": stamp,
    }  # fmt: skip


def _verdict(job: Tree, counts: _Counts, now: float) -> Tree | None:
    spec = job["spec"]
    limit = 6 if spec.get("backoffLimit") is None else int(spec["backoffLimit"])
    restarts = sum(_restarts(pod) for pod in counts.active) if _restarts_in_place(job) else 0
    if counts.tally.total_failed + restarts > limit:
        return _condition("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit", now)
    if spec.get("activeDeadlineSeconds") and now - _started(job, now) >= float(spec["activeDeadlineSeconds"]):
        return _condition("Failed", "DeadlineExceeded", "Job was active longer than specified deadline", now)
    completions = spec.get("completions")
    if completions is None:
        is_done = bool(counts.tally.total_succeeded) and not counts.active
    else:
        is_done = _completed(job, counts) >= int(completions)
    if is_done:
        return _condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods", now)
    return None


def _restarts_in_place(job: Tree) -> bool:
    return bool(job["spec"]["template"]["spec"].get("restartPolicy") == "OnFailure")


def _restarts(pod: Tree) -> int:
    return sum(int(state.get("restartCount", 0)) for state in (pod.get("status") or {}).get("containerStatuses") or ())


def _completed(job: Tree, counts: _Counts) -> int:
    return len(counts.completed) if job["spec"].get("completionMode") == "Indexed" else counts.tally.total_succeeded


def _allowed(job: Tree, counts: _Counts) -> int:
    """Return how many Pods may be active."""
    spec = job["spec"]
    parallelism = 1 if spec.get("parallelism") is None else int(spec["parallelism"])
    if spec.get("completions") is None:
        return len(counts.active) if counts.tally.total_succeeded else parallelism
    return max(0, min(parallelism, int(spec["completions"]) - _completed(job, counts)))


def _missing(job: Tree, counts: _Counts) -> list[int | None]:
    room = _allowed(job, counts) - len(counts.active)
    if room <= 0:
        return []
    if job["spec"].get("completionMode") != "Indexed":
        return [None] * room
    busy = {index_of(pod) for pod in counts.active} | counts.completed
    free: list[int | None] = [index for index in range(int(job["spec"]["completions"])) if index not in busy]
    return free[:room]


def _backoff_s(counts: _Counts, now: float) -> float:
    """Return how long to wait before replacing failed Pods: 10 s, doubling up to ten minutes."""
    if not counts.failed:
        return 0.0
    newest = max((_finished_at(pod) for pod in counts.failed), default=0.0)
    return max(0.0, newest + min(600.0, 10.0 * 2.0 ** min(counts.tally.total_failed - 1, 10)) - now)


def _finished_at(pod: Tree) -> float:
    times = [
        state["state"]["terminated"].get("finishedAt")
        for state in (pod.get("status") or {}).get("containerStatuses") or ()
        if "terminated" in (state.get("state") or {})
    ]
    return max((parse_rfc3339(time) for time in times if time), default=0.0)


def _status(job: Tree, counts: _Counts, create: list[int | None], now: float, conditions: list[Tree]) -> Tree:
    old = job.get("status") or {}
    names = {condition["type"] for condition in conditions}
    kept = [condition for condition in old.get("conditions") or () if condition["type"] not in names]
    merged = [*kept, *(_same_or_new(old, condition) for condition in conditions)]
    active = len(counts.active) + len(create)
    status: Tree = {"startTime": old.get("startTime") or rfc3339(now)}
    status |= {"active": active} if active else {}
    status |= {**counts.tally.status(), "ready": sum(map(is_ready, counts.active)), "terminating": 0}
    if merged:
        status["conditions"] = merged
    if job["spec"].get("completionMode") == "Indexed" and counts.completed:
        status["completedIndexes"] = _ranges(sorted(counts.completed))
    return status


def _same_or_new(old: Tree, condition: Tree) -> Tree:
    for existing in old.get("conditions") or ():
        if all(existing.get(key) == condition[key] for key in ("type", "status", "reason", "message")):
            found: Tree = existing
            return found
    return condition


def _ranges(indexes: list[int]) -> str:
    """Return sorted indexes as `0-2,5`."""
    parts: list[list[int]] = []
    for index in indexes:
        if parts and parts[-1][1] == index - 1:
            parts[-1][1] = index
        else:
            parts.append([index, index])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def pod_for(job: Tree, index: int | None) -> Tree:
    """Return a Pod of the Job."""
    pod = pod_from_template(job["spec"]["template"], job)
    pod["metadata"]["finalizers"] = [*(pod["metadata"].get("finalizers") or ()), FINALIZER]
    if index is not None:
        pod["metadata"]["annotations"][INDEX_ANNOTATION] = str(index)
        pod["metadata"]["labels"][INDEX_ANNOTATION] = str(index)
        pod["metadata"]["generateName"] = f"{metadata(job)['name']}-{index}-"
        variable = {
            "name": "JOB_COMPLETION_INDEX",
            "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['{INDEX_ANNOTATION}']"}},
        }
        spec = pod["spec"]
        containers = [{**container, "env": [*(container.get("env") or ()), variable]} for container in spec["containers"]]
        pod["spec"] = {**spec, "containers": containers}
    return pod
