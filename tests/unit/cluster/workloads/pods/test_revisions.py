"""The history of templates."""

from typing import Any

from pilothouse.cluster.workloads.pods.revisions import REVISION_LABEL, controller_revision, plan_history, revision_name


def agent(image: str = "app:1", **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    meta = {"name": "agent", "namespace": "ns", "uid": "u", "annotations": {"kubernetes.io/change-cause": image}}
    selector = {"matchLabels": {"app": "a"}}
    wish = {"selector": selector, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta, "spec": wish}


def test_a_new_template_is_the_next_revision_with_its_cause() -> None:
    first = plan_history(agent(), [], []).create
    assert first is not None and first["revision"] == 1
    second = plan_history(agent("app:2"), [first], []).create
    assert second is not None and second["revision"] == 2
    assert second["metadata"]["annotations"] == {"kubernetes.io/change-cause": "app:2"}
    assert plan_history(agent("app:2"), [first, second], []) == plan_history(agent(), [first], [])


def test_a_template_that_comes_back_is_the_newest_again() -> None:
    revisions = [controller_revision(agent(), 1), controller_revision(agent("app:2"), 2)]
    plan = plan_history(agent(), revisions, [])
    assert plan.create is None
    assert plan.renumber is not None and plan.renumber["revision"] == 3
    assert plan.renumber["metadata"]["name"] == revision_name(agent())


def test_old_revisions_go_unless_a_pod_runs_them() -> None:
    revisions = [controller_revision(agent(f"app:{number}"), number) for number in range(1, 5)]
    names = [each["metadata"]["name"] for each in revisions]
    now = agent("app:4", revisionHistoryLimit=1)
    assert plan_history(now, revisions, []).delete == (names[0], names[1])
    pod = {"metadata": {"name": "agent-x", "labels": {REVISION_LABEL: names[0].rpartition("-")[2]}}}
    assert plan_history(now, revisions, [pod]).delete == (names[1],)
    assert plan_history(agent("app:4"), revisions, []).delete == ()


def test_revisions_of_others_do_not_count() -> None:
    foreign = controller_revision(agent("app:9"), 9)
    foreign["metadata"]["ownerReferences"][0]["uid"] = "other"
    created = plan_history(agent(), [foreign], []).create
    assert created is not None and created["revision"] == 1
