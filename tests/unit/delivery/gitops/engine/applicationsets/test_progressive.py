"""Rolling syncs, from the behaviour that Argo CD documents."""

from __future__ import annotations

from typing import Any

import pytest

from pilothouse.delivery.gitops.engine.applicationsets import progressive
from pilothouse.kit.clock import parse_rfc3339, rfc3339

NOW = 1_750_000_000.0
STEPS = [
    {"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev"]}]},
    {"matchExpressions": [{"key": "env", "operator": "In", "values": ["qa"]}], "maxUpdate": 0},
    {"matchExpressions": [{"key": "env", "operator": "In", "values": ["prod"]}], "maxUpdate": "10%"},
]


def application_set(steps: list[Any] | None = None, *entries: Any, **strategy: Any) -> Any:
    rolling = {"type": "RollingSync", "rollingSync": {"steps": STEPS if steps is None else steps}, **strategy}
    return {"metadata": {"name": "team"}, "spec": {"strategy": rolling}, "status": {"applicationStatus": list(entries)}}


def app(
    name: str, env: str = "dev", sync: str = "OutOfSync", health: str = "Healthy", revision: str = "r1", **status: Any
) -> Any:
    source = {"repoURL": f"https://example.com/{name}", "targetRevision": "main"}
    full = {
        "sync": {"status": sync, "revision": revision, "comparedTo": {"source": source}},
        "health": {"status": health},
        **status,
    }
    return {"metadata": {"name": name, "labels": {"env": env}}, "spec": {"source": source}, "status": full}


def entry(name: str, status: str, step: int = 1, revision: str = "r1", at: float = NOW - 60) -> Any:
    return {
        "application": name, "status": status, "step": str(step), "targetRevisions": [revision] if revision else [],
        "lastTransitionTime": rfc3339(at), "message": "",
    }  # fmt: skip


def rolled(tree: Any, *apps: Any, changing: tuple[str, ...] = ()) -> progressive.Rollout:
    live = {one["metadata"]["name"]: one for one in apps}
    return progressive.roll(tree, live, live, changing, NOW)


def standing(rollout: progressive.Rollout) -> dict[str, str]:
    return {one["application"]: one["status"] for one in rollout.statuses}


@pytest.mark.parametrize(
    ("labels", "step"), [({"env": "dev"}, 1), ({"env": "prod"}, 3), ({"env": "other"}, -1), ({}, -1)]
)  # fmt: skip
def test_steps_select_by_labels(labels: dict[str, str], step: int) -> None:
    assert progressive.step_of(STEPS, labels) == step


@pytest.mark.parametrize(
    ("labels", "selected"), [({"env": "dev"}, False), ({"env": "qa"}, True), ({}, True)]
)  # fmt: skip
def test_not_in_takes_what_has_no_such_label(labels: dict[str, str], selected: bool) -> None:
    steps = [{"matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev"]}]}]
    assert (progressive.step_of(steps, labels) == 1) is selected
    assert progressive.step_of([{"matchExpressions": [{"key": "env", "operator": "Exists"}]}], {"env": "x"}) == -1


@pytest.mark.parametrize(
    ("given", "total", "most"),
    [
        (None, 7, 7),
        (0, 7, 0),
        (3, 7, 3),
        ("10%", 7, 1),
        ("50%", 7, 3),
        ("100%", 7, 7),
        ("0%", 7, 0),
        ("nonsense", 7, 7),
        ("2", 7, 2),
    ],
)
def test_how_many_are_updated_at_once(given: Any, total: int, most: int) -> None:
    assert progressive.most(given, total) == most


def test_only_the_first_step_that_is_not_done_is_synced() -> None:
    rollout = rolled(application_set(), app("a", "dev"), app("b", "qa"), app("c", "prod"))
    assert standing(rollout) == {"a": "Pending", "b": "Waiting", "c": "Waiting"}
    assert rollout.asked == {"a"} and rollout.step == 1
    assert rollout.statuses[0]["message"].startswith("Application moved to Pending status")


def test_a_step_is_passed_when_all_of_it_is_healthy() -> None:
    tree = application_set([STEPS[0], STEPS[2]], entry("a", "Healthy"), entry("c", "Waiting", 2))
    rollout = rolled(tree, app("a", sync="Synced"), app("c", "prod"))
    assert standing(rollout) == {"a": "Healthy", "c": "Pending"} and rollout.step == 2
    waiting = application_set([STEPS[0], STEPS[2]], entry("a", "Progressing"), entry("c", "Waiting", 2))
    assert standing(rolled(waiting, app("a", sync="Synced", health="Degraded"), app("c", "prod")))["c"] == "Waiting"


def test_a_step_with_no_application_is_passed_and_one_of_zero_stops() -> None:
    assert standing(rolled(application_set([STEPS[0], STEPS[2]]), app("c", "prod")))["c"] == "Pending"
    stopped = rolled(application_set(), app("b", "qa"), app("c", "prod"))
    assert standing(stopped) == {"b": "Waiting", "c": "Waiting"} and not stopped.asked


def test_a_percentage_holds_within_a_step() -> None:
    tree = application_set([{"matchExpressions": [], "maxUpdate": "30%"}])
    rollout = rolled(tree, *[app(f"a{number}") for number in range(7)])
    assert sorted(rollout.asked) == ["a0", "a1"]
    later = application_set([{"matchExpressions": [], "maxUpdate": 1}], entry("a0", "Progressing"), entry("a1", "Waiting"))
    assert standing(rolled(later, app("a0", health="Progressing"), app("a1")))["a1"] == "Waiting"


def test_applications_in_no_step_are_left_alone() -> None:
    rollout = rolled(application_set(), app("x", "elsewhere"))
    assert (
        rollout.statuses[0]["step"] == "-1" and standing(rollout) == {"x": "Waiting"} and not rollout.asked and rollout.step == 0
    )


@pytest.mark.parametrize(
    ("before", "live", "after"),
    [
        ("Waiting", app("a", sync="Synced"), "Healthy"),
        ("Waiting", app("a", sync="Synced", health="Progressing"), "Progressing"),
        ("Progressing", app("a", sync="Synced"), "Healthy"),
        ("Progressing", app("a", sync="OutOfSync"), "Progressing"),
        ("Progressing", app("a", sync="Synced", health="Degraded"), "Progressing"),
        ("Healthy", app("a", sync="OutOfSync"), "Healthy"),
        ("Healthy", app("a", revision="r2"), "Pending"),
        ("Healthy", app("a", sync="Synced", revision="r2"), "Healthy"),
        ("Progressing", app("a", revision="r2"), "Pending"),
        ("Pending", app("a", operationState={"phase": "Running", "startedAt": rfc3339(NOW - 30)}), "Progressing"),
        ("Pending", app("a", operationState={"phase": "Succeeded", "startedAt": rfc3339(NOW - 90)}), "Pending"),
        ("Pending", app("a", operationState={"phase": "Failed", "startedAt": rfc3339(NOW - 30)}), "Progressing"),
        (
            "Pending", app("a", conditions=[{"type": "InvalidSpecError", "lastTransitionTime": rfc3339(NOW - 30)}]),
            "Progressing",
        ),
    ],
)  # fmt: skip
def test_how_an_application_moves(before: str, live: Any, after: str) -> None:
    rollout = rolled(application_set([STEPS[0]], entry("a", before)), live)
    assert standing(rollout) == {"a": after}
    changed = rollout.statuses[0]["lastTransitionTime"] == rfc3339(NOW)
    assert changed or before == after


def test_a_sync_is_asked_for_once_and_known_within_the_same_second() -> None:
    asked, live = entry("a", "Pending", at=NOW), app("a")
    assert rolled(application_set([STEPS[0]], asked), live).asked == {"a"}
    wanted = {"spec": {"syncPolicy": {"automated": {"prune": True}, "syncOptions": ["X=y"]}}}
    operation = progressive.operation(wanted, live, asked)
    assert operation["sync"] == {"prune": True, "syncOptions": ["X=y"]} and operation["retry"] == {"limit": 5}
    assert operation["initiatedBy"] == {"username": "applicationset-controller", "automated": True}
    state = {"phase": "Running", "startedAt": rfc3339(NOW), "operation": operation}
    assert standing(rolled(application_set([STEPS[0]], asked), app("a", operationState=state))) == {"a": "Progressing"}
    older = {"phase": "Succeeded", "startedAt": rfc3339(NOW)}
    assert standing(rolled(application_set([STEPS[0]], asked), app("a", operationState=older))) == {"a": "Pending"}
    later = entry("a", "Pending", revision="r2", at=NOW)
    after = rolled(application_set([STEPS[0]], later), app("a", revision="r2", operationState=state))
    assert standing(after) == {"a": "Pending"} and after.asked == {"a"}, "that sync was to what was before"
    unknown = progressive.operation(wanted, live, entry("a", "Pending", revision="", at=NOW))
    first = {**state, "operation": unknown}
    assert standing(rolled(application_set([STEPS[0]], asked), app("a", operationState=first))) == {"a": "Progressing"}
    before = {**first, "syncResult": {"revision": "r0"}}
    assert standing(rolled(application_set([STEPS[0]], asked), app("a", operationState=before))) == {"a": "Pending"}


def test_a_changed_spec_waits_until_its_comparison_is_there() -> None:
    tree = application_set([STEPS[0]], entry("a", "Healthy"))
    changing = rolled(tree, app("a", sync="Synced"), changing=("a",))
    assert standing(changing) == {"a": "Waiting"} and "spec differs" in changing.statuses[0]["message"]
    stale = app("a", sync="Synced")
    stale["spec"]["source"] = {**stale["spec"]["source"], "targetRevision": "v2"}
    waiting = application_set([STEPS[0]], entry("a", "Waiting"))
    assert standing(rolled(waiting, stale)) == {"a": "Waiting"}


def test_a_later_step_waits_for_earlier_ones_that_have_not_seen_the_commit() -> None:
    first, second = app("a", "dev", sync="Synced", revision="r1"), app("c", "prod", revision="r2")
    second["spec"]["source"]["repoURL"] = first["spec"]["source"]["repoURL"]
    tree = application_set([STEPS[0], STEPS[2]], entry("a", "Healthy"), entry("c", "Healthy", 2))
    rollout = rolled(tree, first, second)
    assert standing(rollout) == {"a": "Healthy", "c": "Waiting"} and rollout.behind == {"a", "c"}
    first["status"]["sync"] = {**first["status"]["sync"], "revision": "r2", "status": "OutOfSync"}
    rollout = rolled(tree, first, second)
    assert standing(rollout) == {"a": "Pending", "c": "Waiting"} and not rollout.behind


def test_automation_is_switched_off_and_the_template_is_left_alone() -> None:
    wanted = {"spec": {"syncPolicy": {"automated": {"prune": True}}}}
    assert progressive.without_automation(wanted)["spec"]["syncPolicy"]["automated"] == {"prune": True, "enabled": False}
    assert "enabled" not in wanted["spec"]["syncPolicy"]["automated"]
    assert progressive.without_automation({"spec": {}}) == {"spec": {}}


def test_reverse_deletion_begins_with_the_last_step() -> None:
    tree = application_set(deletionOrder="Reverse")
    apps = {
        one["metadata"]["name"]: one for one in (app("a"), app("b", "qa"), app("c", "prod"), app("d", "prod"), app("x", "no"))
    }
    order: list[list[str]] = []
    while apps:
        order.append([one["metadata"]["name"] for one in progressive.next_deletions(tree, apps)])
        apps = {name: one for name, one in apps.items() if name not in order[-1]}
    assert order == [["c", "d"], ["b"], ["a"], ["x"]]
    assert progressive.is_reversed(tree) and not progressive.is_reversed(application_set())
    assert progressive.lacks_steps(application_set([])) and not progressive.lacks_steps({"spec": {}})
    assert parse_rfc3339(rfc3339(NOW)) == NOW
