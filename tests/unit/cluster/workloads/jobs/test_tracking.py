"""Each finished Pod is counted once, whatever is interrupted."""

from typing import Any

import pytest

from pilothouse.cluster.workloads.jobs.tracking import FINALIZER, Tally, completed_indexes, owned_by, tally, to_release


def pod(uid: str, phase: str, *, tracked: bool = True, deleting: bool = False, owner: str = "j") -> dict[str, Any]:
    reference = {"kind": "Job", "name": owner, "uid": owner, "controller": True}
    meta: dict[str, Any] = {"uid": uid, "finalizers": [FINALIZER] if tracked else [], "ownerReferences": [reference]}
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"metadata": meta, "status": {"phase": phase}}


def job(**status: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "j"}, "status": status}


def test_the_three_steps_of_a_pod() -> None:
    one = pod("a", "Succeeded")
    noted = tally(job(), [one])
    assert noted == Tally(0, 0, ("a",))
    assert (noted.total_succeeded, noted.is_settled) == (1, False)
    tree = job(**noted.status())
    assert to_release(tree, [one]) == [one]
    assert tally(tree, [one]) == noted, "not released yet: seen again, noted once"
    counted = tally(tree, [pod("a", "Succeeded", tracked=False)])
    assert counted == Tally(1, 0)
    assert counted.status() == {"succeeded": 1, "uncountedTerminatedPods": {}}
    assert tally(job(**counted.status()), [pod("a", "Succeeded", tracked=False)]) == counted, "counted once"
    assert tally(tree, []) == Tally(1, 0), "gone in between: counted all the same"


def test_pods_deleted_while_they_run_have_failed() -> None:
    assert tally(job(failed=2), [pod("a", "Running", deleting=True), pod("b", "Failed")]) == Tally(0, 2, (), ("a", "b"))
    assert tally(job(), [pod("a", "Succeeded", deleting=True), pod("b", "Running")]) == Tally(0, 0, ("a",))


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {"metadata": {"uid": "j", "deletionTimestamp": "2026-01-01T00:00:00Z"}},
        job(conditions=[{"type": "Failed", "status": "True"}]),
        job(conditions=[{"type": "Complete", "status": "True"}]),
    ],
)
def test_a_job_that_counts_no_more_keeps_no_pod(tree: dict[str, Any] | None) -> None:
    pods = [pod("a", "Running"), pod("b", "Failed"), pod("c", "Running", tracked=False)]
    assert to_release(tree, pods) == pods[:2]


def test_pods_of_a_job_are_found_by_uid_and_orphans_by_name() -> None:
    pods = [pod("a", "Running"), pod("b", "Running", owner="k"), {"metadata": {"uid": "c"}}]
    assert owned_by("", "j", pods) == pods[:1]
    assert owned_by("k", None, pods) == pods[1:2]


def test_indexes() -> None:
    assert completed_indexes("0-2,5") == {0, 1, 2, 5}
    assert completed_indexes("") == completed_indexes("x,1-y") == set()
