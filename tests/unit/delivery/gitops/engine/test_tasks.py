"""Phases, waves and order of a sync."""

from typing import Any

from pilothouse.delivery.gitops.engine.tasks import ordered, prune_tasks, tasks_of

KEYS = {
    "wave": "argocd.argoproj.io/sync-wave",
    "hook": "argocd.argoproj.io/hook",
    "helm": "helm.sh/hook",
    "weight": "helm.sh/hook-weight",
    "delete": "helm.sh/hook-delete-policy",
    "options": "argocd.argoproj.io/sync-options",
}
VERSIONS = {"Deployment": "apps/v1", "Job": "batch/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1"}


def tree(kind: str, name: str, namespace: str = "ns", **annotations: str) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "annotations": {KEYS[key]: value for key, value in annotations.items()}}
    return {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": meta}


def names(targets: list[dict[str, Any]]) -> list[str]:
    return [task.name for task in tasks_of(targets, "abc", 0)]


def test_order_is_phase_wave_kind_name() -> None:
    targets = [
        tree("Deployment", "d"), tree("Service", "s"), tree("ConfigMap", "late", wave="1"), tree("ConfigMap", "a"),
        tree("Job", "after", hook="PostSync"), tree("Job", "before", hook="PreSync", wave="5"),
    ]  # fmt: skip
    assert names(targets) == ["before", "a", "s", "d", "late", "after"]


def test_helm_hooks_become_phases_and_waves() -> None:
    (task,) = tasks_of([tree("Job", "j", helm="pre-install,pre-upgrade", weight="-1", delete="hook-succeeded")], "abc", 0)
    assert (task.phase, task.wave, task.is_hook, task.delete_policies) == ("PreSync", -1, True, ("HookSucceeded",))
    assert tasks_of([tree("Job", "t", helm="test")], "abc", 0) == []


def test_a_hook_of_two_phases_runs_twice() -> None:
    assert [task.phase for task in tasks_of([tree("Job", "j", hook="PreSync,PostSync")], "abc", 0)] == ["PreSync", "PostSync"]
    assert tasks_of([tree("Job", "j", hook="Skip")], "abc", 0) == []


def test_unnamed_hooks_are_named() -> None:
    target = tree("Job", "", hook="PreSync")
    target["metadata"] |= {"generateName": "check-"}
    del target["metadata"]["name"]
    assert tasks_of([target], "abcdef0123", 1_700_000_000)[0].name == "check-abcdef0-presync-1700000000"


def test_namespaces_and_definitions_come_before_what_needs_them() -> None:
    definition = tree("CustomResourceDefinition", "crd", "", wave="3")
    definition["spec"] = {"group": "x.io", "names": {"kind": "Thing"}}
    thing = {"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "thing", "namespace": "ns"}}
    tasks = tasks_of([thing, definition, tree("Namespace", "ns", "", wave="2")], "abc", 0)
    assert [task.name for task in tasks] == ["ns", "crd", "thing"]
    assert {task.wave for task in tasks} == {0}


def test_prune_waves_are_mirrored_and_prune_last_is_last() -> None:
    live = [tree("ConfigMap", "a", wave="0"), tree("ConfigMap", "b", wave="1"), tree("ConfigMap", "c", wave="2")]
    tasks = prune_tasks(live, prune_last=False, last_wave=2)
    assert {task.name: task.wave for task in tasks} == {"a": 2, "b": 1, "c": 0}
    live.append(tree("ConfigMap", "d", options="PruneLast=true"))
    tasks = ordered(prune_tasks(live, prune_last=False, last_wave=2))
    assert tasks[-1].name == "d"
