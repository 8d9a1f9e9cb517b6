"""The steps of a sync against a cluster that a few lines describe."""

from typing import Any

from pilothouse.delivery.gitops.engine.sync import Sync, terminate
from pilothouse.delivery.gitops.engine.sync.apply import plan_apply, prune_rule
from pilothouse.delivery.gitops.engine.sync.migrate import plan_migration
from pilothouse.delivery.gitops.engine.sync.run import step
from pilothouse.delivery.gitops.engine.sync.state import Options
from pilothouse.delivery.gitops.engine.sync.tasks import Task
from pilothouse.testing.corpora.sync_cluster import FakeCluster, tree_of

NOTE = "argocd.argoproj.io/"


def given(name: str, **notes: str) -> dict[str, Any]:
    annotations = {f"{NOTE}{key.replace('_', '-')}": value for key, value in notes.items()}
    return {"id": name, "apiVersion": "v1", "kind": "Pod", "name": name, "namespace": "ns", "annotations": annotations}


def run(case: dict[str, Any], *lives: list[str]) -> tuple[Sync, list[list[str]]]:
    cluster = FakeCluster({"options": {"namespace": "ns"}, **case})
    sync, done = cluster.sync(), []
    for live in lives:
        cluster.turn_to({"live": live}, sync)
        cluster.drive(step(sync))
        done.append(cluster.operations)
    return sync, done


def test_waves_wait_for_health() -> None:
    case = {
        "resources": [given("a") | {"target": True}, given("b", sync_wave="1") | {"target": True}],
        "health": {"a": "Healthy"},
    }
    sync, done = run(case, [], ["a"])
    assert done == [["apply a"], ["apply b"]]
    assert (sync.phase, sync.message) == ("Succeeded", "successfully synced (all tasks run)")


def test_a_failed_hook_runs_the_syncfail_hooks_and_says_why() -> None:
    case = {
        "hooks": [given("check", hook="PreSync"), given("mourn", hook="SyncFail")],
        "resources": [given("web") | {"target": True}],
        "health": {"check": "Degraded", "mourn": "Healthy"},
    }
    sync, done = run(case, [], ["check"], ["check", "mourn"])
    assert done[:2] == [["apply check"], ["apply mourn"]]
    assert sync.phase == "Failed"
    assert not any("web" in operation for operations in done for operation in operations)


def test_a_hook_of_an_earlier_sync_goes_first() -> None:
    sync, done = run({"hooks": [given("check", hook="PreSync")]}, ["check"], [])
    assert done == [["delete check"], ["apply check"]]
    assert sync.message == "waiting for completion of hook /Pod/check"


def test_a_terminated_sync_removes_running_hooks() -> None:
    cluster = FakeCluster({"options": {"namespace": "ns"}, "hooks": [given("check", hook="Sync")]})
    sync = cluster.sync()
    cluster.drive(step(sync))
    cluster.turn_to({"live": ["check"]}, sync)
    cluster.drive(terminate(sync))
    assert (sync.phase, cluster.operations) == ("Failed", ["delete check"])


def test_replacing_a_definition_updates_it() -> None:
    tree = tree_of(given("ns", sync_options="Replace=true,Validate=false") | {"kind": "Namespace"})
    command = plan_apply(Task("Sync", tree, tree), Options(server_side_apply=True))
    assert (command.command, command.is_server_side, command.validate) == ("update", False, False)


def test_an_object_says_first_whether_it_may_go() -> None:
    task = Task("Sync", None, tree_of(given("a", sync_options="Prune=confirm")))
    assert prune_rule(task, Options(default_prune="true")) == "confirm"
    assert prune_rule(Task("Sync", None, {}), Options(default_prune="false")) == "false"


def test_fields_move_to_the_manager_that_applies() -> None:
    old = {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:a": {"f:b": {}}}}
    own = {"manager": "argocd", "operation": "Apply", "fieldsV1": {"f:a": {"f:c": {}}}}
    (moved,) = plan_migration([old, own], "kubectl", "argocd")
    assert moved["fieldsV1"] == {"f:a": {"f:b": {}, "f:c": {}}}
    assert moved["operation"] == "Apply"
