"""Actions: what is offered, what is done, and what is refused."""

import pytest

from pilothouse.delivery.gitops.engine.actions import ActionFailed, Now, changes_between, offered, perform
from pilothouse.delivery.gitops.engine.actions.rows import ROWS

NOW = Now("2026-11-23T10:20:30Z")


def widget(kind: str, **more: object) -> dict[str, object]:
    group, _, name = kind.rpartition("/")
    return {"apiVersion": f"{group}/v1", "kind": name, "metadata": {"name": "w", "namespace": "n", "uid": "u"}, **more}


def changed(tree: dict[str, object], action: str, **params: str) -> list[tuple[object, ...]]:
    found = perform(tree, action, params, NOW)
    assert [outcome.operation for outcome in found] == ["patch"]
    return changes_between(tree, found[0].tree)


def test_a_deployment() -> None:
    tree = widget("apps/Deployment", spec={"replicas": 1, "paused": True})
    before = {**tree}
    assert [(offer.name, offer.is_disabled) for offer in offered(tree)] == [
        ("restart", False), ("pause", True), ("resume", False), ("scale", False),
    ]  # fmt: skip
    assert changed(tree, "resume") == [("remove", "/spec/paused")]
    assert changed(tree, "scale", replicas="3") == [("replace", "/spec/replicas", 3)]
    annotations = {"kubectl.kubernetes.io/restartedAt": NOW.stamp}
    assert changed(tree, "restart") == [("add", "/spec/template", {"metadata": {"annotations": annotations}})]
    assert tree == before
    for wrong in ("three", "", "inf", "nan"):
        with pytest.raises(ActionFailed, match=f"invalid number: {wrong}"):
            perform(tree, "scale", {"replicas": wrong}, NOW)
    with pytest.raises(ActionFailed, match="replicas parameter is required"):
        perform(tree, "scale", {}, NOW)
    with pytest.raises(ActionFailed, match="no action 'fly'"):
        perform(tree, "fly", {}, NOW)


def test_new_objects_belong_to_what_they_are_made_of() -> None:
    spec = {"jobTemplate": {"spec": {"template": {"spec": {"containers": [], "restartPolicy": "Never"}}}}}
    (outcome,) = perform(widget("batch/CronJob", spec=spec), "create-job", {}, NOW)
    assert outcome.operation == "create"
    assert outcome.tree["metadata"]["name"] == "w-202611231020"
    assert outcome.tree["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert outcome.tree["spec"] == {"template": {"spec": {"restartPolicy": "Never"}}}
    (flow,) = perform(widget("argoproj.io/WorkflowTemplate"), "create-workflow", {}, NOW)
    assert flow.tree["spec"] == {"workflowTemplateRef": {"name": "w"}}


def test_a_switchover() -> None:
    status = {"currentPrimary": "w-1", "instancesStatus": {"healthy": ["w-1", "w-2", "w-3"]}}
    tree = widget("postgresql.cnpg.io/Cluster", status=status)
    for wanted, target in (("any", "w-2"), ("3", "w-3"), ("w-2", "w-2")):
        assert ("add", "/status/targetPrimary", target) in changed(tree, "promote", instance=wanted)
    with pytest.raises(ActionFailed, match="matching the criteria: w-9"):
        perform(tree, "promote", {"instance": "w-9"}, NOW)


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_objects_without_fields_are_refused_and_not_broken(kind: str) -> None:
    for more in (
        {"spec": {}, "status": {}},
        {"spec": {}},
        {"spec": {"suspend": True, "paused": True}, "status": {"conditions": []}},
    ):
        tree = widget(kind, **more)
        for offer in offered(tree):
            try:
                perform(tree, offer.name, {"replicas": "1"}, NOW)
            except ActionFailed as error:
                assert error.message
