"""Counting finished Pods once and for good: the numbers of a Job do not shrink when its Pods are deleted.

Every Pod of a Job carries a finalizer. A finished one is first noted by uid in the status, then loses its finalizer, then its
uid becomes one more of the count: whatever is interrupted, each Pod is counted exactly once. Pure; used by `engine`.
Source: Kubernetes, "Job tracking with finalizers".
"""

from __future__ import annotations

import msgspec

from pilothouse.api.meta import Tree, controller_of, is_condition_true, is_deleting, metadata, uid_of
from pilothouse.cluster.workloads.pods import is_finished, phase_of

FINALIZER = "batch.kubernetes.io/job-tracking"


class Tally(msgspec.Struct, frozen=True):
    """What is counted, and the uids that still have to be."""

    succeeded: int
    failed: int
    uncounted_succeeded: tuple[str, ...] = ()
    uncounted_failed: tuple[str, ...] = ()

    @property
    def total_succeeded(self) -> int:
        """All that succeeded."""
        return self.succeeded + len(self.uncounted_succeeded)

    @property
    def total_failed(self) -> int:
        """All that failed."""
        return self.failed + len(self.uncounted_failed)

    @property
    def is_settled(self) -> bool:
        """Whether every finished Pod is in the counts."""
        return not self.uncounted_succeeded and not self.uncounted_failed

    def status(self) -> Tree:
        """Return the fields of the status."""
        lists = {"succeeded": list(self.uncounted_succeeded), "failed": list(self.uncounted_failed)}
        fields: Tree = {"uncountedTerminatedPods": {name: uids for name, uids in lists.items() if uids}}
        counts = {"succeeded": self.succeeded, "failed": self.failed}
        return {**{name: count for name, count in counts.items() if count}, **fields}


def is_tracked(pod: Tree) -> bool:
    """Whether a Pod is kept until it is counted."""
    return FINALIZER in (metadata(pod).get("finalizers") or ())


def has_failed(pod: Tree) -> bool:
    """Whether a Pod counts as failed: it did, or it is deleted while it runs."""
    return phase_of(pod) == "Failed" or (is_deleting(pod) and not is_finished(pod))


def tally(job: Tree, owned: list[Tree]) -> Tally:
    """Return the counts of a Job: what its status says, what became countable, what finished since."""
    status = job.get("status") or {}
    noted = status.get("uncountedTerminatedPods") or {}
    waiting = {uid_of(pod) for pod in owned if is_tracked(pod)}
    parts = []
    for name, is_over in (("succeeded", lambda pod: phase_of(pod) == "Succeeded"), ("failed", has_failed)):
        before = list(noted.get(name) or ())
        kept = [uid for uid in before if uid in waiting]
        new = [uid_of(pod) for pod in owned if is_tracked(pod) and is_over(pod) and uid_of(pod) not in kept]
        parts.append((int(status.get(name) or 0) + len(before) - len(kept), (*kept, *sorted(new))))
    return Tally(parts[0][0], parts[1][0], parts[0][1], parts[1][1])


def to_release(job: Tree | None, owned: list[Tree]) -> list[Tree]:
    """Return the Pods whose finalizer may go: noted in the status of the Job, or of a Job that needs no count any more."""
    tracked = [pod for pod in owned if is_tracked(pod)]
    if job is None or is_deleting(job) or is_condition_true(job, "Complete") or is_condition_true(job, "Failed"):
        return tracked
    noted = (job.get("status") or {}).get("uncountedTerminatedPods") or {}
    uids = {*(noted.get("succeeded") or ()), *(noted.get("failed") or ())}
    return [pod for pod in tracked if uid_of(pod) in uids]


def owned_by(job_name: str, job_uid: str | None, pods: list[Tree]) -> list[Tree]:
    """Return the Pods of a Job; without a uid, those of any Job of this name."""
    found = []
    for pod in pods:
        owner = controller_of(pod) or {}
        is_named = owner.get("kind") == "Job" and owner.get("name") == job_name
        if is_named if job_uid is None else owner.get("uid") == job_uid:
            found.append(pod)
    return found


def completed_indexes(text: str) -> set[int]:
    """Read `status.completedIndexes`, such as `0-2,5`; what is no index is ignored."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            found.update(range(int(first), int(last or first) + 1))
    return found
