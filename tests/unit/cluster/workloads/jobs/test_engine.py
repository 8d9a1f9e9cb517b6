"""Jobs: how many Pods, when done, when failed."""

from typing import Any

from pilothouse.cluster.workloads.jobs.engine import JobPlan, finished_condition, plan_job
from pilothouse.cluster.workloads.jobs.tracking import FINALIZER

NOW = 1_767_225_600.0


def job(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"restartPolicy": "Never", "containers": []}}
    return {"metadata": {"name": "j", "namespace": "ns", "uid": "j"}, "spec": {"completions": 1, "template": template, **spec}}


def pod(number: int, phase: str, index: int | None = None) -> dict[str, Any]:
    annotations = {} if index is None else {"batch.kubernetes.io/job-completion-index": str(index)}
    owner = {"uid": "j", "controller": True}
    meta = {"name": f"p{number}", "uid": f"p{number}", "ownerReferences": [owner], "annotations": annotations}
    meta["finalizers"] = [FINALIZER]
    ended = {"state": {"terminated": {"finishedAt": "2026-01-01T00:00:00Z"}}}
    return {"metadata": meta, "status": {"phase": phase, "containerStatuses": [ended] if phase == "Failed" else []}}


def test_parallelism_and_completions() -> None:
    tree = job(completions=5, parallelism=2)
    assert len(plan_job(tree, [], NOW).create) == 2
    assert len(plan_job(tree, [pod(1, "Running"), pod(2, "Succeeded")], NOW).create) == 1
    done = [pod(number, "Succeeded") for number in range(4)]
    assert len(plan_job(tree, done, NOW).create) == 1


def settled(tree: dict[str, Any], pods: list[dict[str, Any]], now: float) -> JobPlan:
    """The plan once what finished was noted and counted."""
    noted = {**tree, "status": plan_job(tree, pods, now).status}
    for each in pods:
        if each["status"]["phase"] in ("Succeeded", "Failed"):
            each["metadata"]["finalizers"] = []
    return plan_job(noted, pods, now)


def test_nothing_is_final_before_all_is_counted() -> None:
    plan = plan_job(job(), [pod(1, "Succeeded")], NOW)
    assert finished_condition({"status": plan.status}) is None
    assert [condition["type"] for condition in plan.status["conditions"]] == ["SuccessCriteriaMet"]
    assert plan.status["uncountedTerminatedPods"] == {"succeeded": ["p1"]}
    assert "succeeded" not in plan.status


def test_counts_stay_when_pods_go() -> None:
    tree = job(completions=3)
    tree["status"] = settled(tree, [pod(1, "Succeeded"), pod(2, "Failed")], NOW).status
    assert (tree["status"]["succeeded"], tree["status"]["failed"]) == (1, 1)
    assert plan_job(tree, [], NOW).status["succeeded"] == 1
    indexed = job(completions=4, completionMode="Indexed")
    indexed["status"] = settled(indexed, [pod(1, "Succeeded", 2)], NOW).status
    assert plan_job(indexed, [], NOW).create == [0]
    assert plan_job(indexed, [], NOW).status["completedIndexes"] == "2"


def test_completion() -> None:
    plan = settled(job(), [pod(1, "Succeeded")], NOW)
    assert finished_condition({"status": plan.status})["type"] == "Complete"  # type: ignore[index]
    assert plan.status["succeeded"] == 1
    assert plan.status["completionTime"] == "2026-01-01T00:00:00Z"
    assert plan.create == []


def test_backoff_then_failure() -> None:
    tree = job(backoffLimit=1)
    waiting = plan_job(tree, [pod(1, "Failed")], NOW + 1)
    assert waiting.create == []
    assert waiting.requeue_after_s == 9.0
    assert len(plan_job(tree, [pod(1, "Failed")], NOW + 11).create) == 1
    failed = settled(tree, [pod(1, "Failed"), pod(2, "Failed")], NOW + 60)
    assert finished_condition({"status": failed.status})["reason"] == "BackoffLimitExceeded"  # type: ignore[index]


def test_deadline() -> None:
    tree = job(activeDeadlineSeconds=10)
    tree["status"] = {"startTime": "2026-01-01T00:00:00Z"}
    assert plan_job(tree, [pod(1, "Running")], NOW + 4).requeue_after_s == 6.0
    plan = plan_job(tree, [pod(1, "Running")], NOW + 10)
    assert finished_condition({"status": plan.status})["reason"] == "DeadlineExceeded"  # type: ignore[index]
    assert len(plan.delete) == 1


def test_indexed_jobs_fill_the_missing_indexes() -> None:
    tree = job(completions=4, parallelism=4, completionMode="Indexed")
    pods = [pod(1, "Succeeded", 0), pod(2, "Running", 2)]
    plan = plan_job(tree, pods, NOW)
    assert plan.create == [1, 3]
    assert plan.status["completedIndexes"] == "0"


def test_suspend_and_time_to_live() -> None:
    plan = plan_job(job(suspend=True), [pod(1, "Running")], NOW)
    assert len(plan.delete) == 1
    assert plan.status["conditions"][0]["type"] == "Suspended"
    tree = job(ttlSecondsAfterFinished=30)
    tree["status"] = settled(tree, [pod(1, "Succeeded")], NOW).status
    assert plan_job(tree, [], NOW + 10).requeue_after_s == 20.0
    assert plan_job(tree, [], NOW + 30).should_delete_job
