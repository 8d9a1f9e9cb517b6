"""Answers to the cases of `sync-order`: the sync engine of GitOps, driven against a cluster that a case describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilothouse.api.meta import name_of, namespace_of
from pilothouse.delivery.gitops.engine.sync import Options, step, terminate
from pilothouse.delivery.gitops.engine.sync.apply import needs_migration, plan_apply
from pilothouse.delivery.gitops.engine.sync.commands import Apply
from pilothouse.delivery.gitops.engine.sync.generate import defines, generate
from pilothouse.delivery.gitops.engine.sync.messages import waiting
from pilothouse.delivery.gitops.engine.sync.objects import delete_policies_of, is_hook, phases_of, wave_of
from pilothouse.delivery.gitops.engine.sync.order import KIND_ORDER, is_multi_step, kind_weight, ordered
from pilothouse.delivery.gitops.engine.sync.perform import perform
from pilothouse.delivery.gitops.engine.sync.run import fail
from pilothouse.delivery.gitops.engine.sync.state import Resource, Sync, TaskResult
from pilothouse.delivery.gitops.engine.sync.tasks import Task, live_of
from pilothouse.testing.corpora import SKIP
from pilothouse.testing.corpora.sync_cluster import FakeCluster, options_of, resources_of, tree_of

Case = dict[str, Any]


def answer(case: Case) -> Any:
    """Return the answer to one case in the shape of its `expected` member."""
    check = _CHECKS.get(case["check"])
    return SKIP if check is None else check(case)


def _phases(case: Case) -> Any:
    tree = tree_of(case["object"])
    return {"phases": phases_of(tree), "isHook": is_hook(tree)}


def _kind_order(_case: Case) -> Any:
    return {"weights": {kind: kind_weight(kind) for kind in ("Namespace", "APIService", "MyCRD")}, "order": list(KIND_ORDER)}


def _tasks_as_given(case: Case) -> dict[str, Task]:
    return {given["id"]: Task(given["phase"], tree_of(given), wave_override=given.get("wave") or 0) for given in case["tasks"]}


def _order(case: Case) -> Any:
    tasks = _tasks_as_given(case)
    before = {key: (task.phase, task.wave) for key, task in tasks.items()}
    names = {id(task): key for key, task in tasks.items()}
    order = [names[id(task)] for task in ordered(list(tasks.values()))]
    moved = {key: {"phase": t.phase, "wave": t.wave} for key, t in tasks.items() if (t.phase, t.wave) != before[key]}
    return {"order": order, "effective": moved}


def _multistep(case: Case) -> Any:
    tasks = ordered(list(_tasks_as_given(case).values()))
    ends = [[task.phase, task.wave] for task in (tasks[0], tasks[-1])] if tasks else [["", 0], ["", 0]]
    return {"first": ends[0], "last": ends[1], "multiStep": is_multi_step(tasks)}


def _hook_properties(case: Case) -> Any:
    tree = tree_of(case["object"])
    result = TaskResult("", case.get("operationState") or "")
    task = Task(case.get("phase") or "Sync", tree, tree if case.get("live") else None, result=result)
    return {
        "hookType": task.hook_type, "deletePolicies": delete_policies_of(tree), "wave": wave_of(tree),
        "deleteOnCompletion": task.is_deleted_on_completion, "deleteBeforeCreation": task.is_deleted_before_creation,
    }  # fmt: skip


def _tasks(case: Case) -> Any:
    cluster = FakeCluster(case)
    sync = cluster.sync()
    tasks, reasons = cluster.drive(generate(sync))
    namespace = next((task for task in tasks if task.is_namespace), None)
    return {
        "ok": not reasons, "tasks": [cluster.id_of(task.tree) for task in tasks], "taskCount": len(tasks),
        "taskNamePrefixes": [task.name.rpartition("-")[0] + "-" for task in tasks],
        "taskNamespaces": [task.namespace for task in tasks], "inputNotMutated": cluster.is_input_unchanged(),
        "autoNamespaceTask": namespace is not None, "autoNamespacePhase": namespace.phase if namespace else "",
        "dryRun": {cluster.id_of(task.tree): not task.skips_dry_run for task in tasks},
        "discoveryCalls": cluster.discovery_calls,
    }  # fmt: skip


def _waves(case: Case) -> Any:
    cluster = FakeCluster(case)
    tasks, _ = cluster.drive(generate(cluster.sync()))
    waves = {cluster.id_of(task.tree): task.wave for task in tasks}
    return {"waves": waves, "lastWave": tasks[-1].wave if tasks else 0, "taskCount": len(tasks)}


def _crd_lookup(case: Case) -> Any:
    resources, hooks = resources_of(case), [tree_of(hook) for hook in case.get("hooks") or []]
    given = (*case["resources"], *case.get("hooks", ()))
    asked = {(str(one["crd"]["group"]), str(one["crd"]["kind"])) for one in given if one.get("crd")}
    return {f"{group}/{kind}": defines(resources, hooks, group, kind) for group, kind in (("", ""), *sorted(asked))}


def _live_lookup(case: Case) -> Any:
    found = live_of(tree_of(case["object"]), resources_of(case))
    return {"found": found is not None, "name": name_of(found or {}), "namespace": namespace_of(found or {})}


def _sync(case: Case) -> Any:
    cluster = FakeCluster(case)
    sync = cluster.sync()
    steps = []
    for given in case["steps"]:
        cluster.turn_to(given, sync)
        cluster.drive(step(sync))
        steps.append(
            {
                "phase": sync.phase, "message": sync.message, "results": cluster.results(sync),
                "resultCount": len(sync.results), "operations": cluster.operations,
                "discoveryCalls": cluster.discovery_calls, "waveCallback": cluster.waves[-1] if cluster.waves else None,
            }
        )  # fmt: skip
    return {"steps": steps}


def _terminate(case: Case) -> Any:
    cluster = FakeCluster(case)
    sync = cluster.sync()
    cluster.turn_to({"live": [given["id"] for given in (*case["resources"], *case["hooks"])]}, sync)
    cluster.drive(terminate(sync))
    return {
        "phase": sync.phase, "message": sync.message, "results": cluster.results(sync), "resultCount": len(sync.results),
        "operations": cluster.operations,
    }  # fmt: skip


def _apply_command(case: Case) -> Any:
    options = options_of(case)
    given = case.get("options") or {}
    is_dry_run = bool(given.get("stepDryRun"))
    live = tree_of(case["live"]) if case.get("live") else None
    task = Task("Sync", tree_of(case["target"]), live)
    found: dict[str, Any] = {}
    if case.get("race"):
        cluster = FakeCluster(case)
        cluster.drive(perform(Sync([Resource(task.target, live)], options=options), [task], is_dry_run=False))
        found["deleteCalled"] = cluster.has_deleted
        command = next((command for command in cluster.commands if isinstance(command, Apply)), None)
    else:
        command = plan_apply(task, options, is_dry_run=is_dry_run)
    if command is not None:
        found |= {
            "command": command.command, "validate": command.validate, "force": command.force, "fieldManager": command.manager,
            "serverSideApply": command.is_server_side,
        }  # fmt: skip
    return found


def _delete_options(case: Case) -> Any:
    return {"propagationPolicy": options_of(case).prune_propagation}


def _csa_migration(case: Case) -> Any:
    from pilothouse.delivery.gitops.engine.sync.migrate import plan_migration

    entries = list(case.get("managedFields") or []) if case.get("live") else []
    manager = case.get("manager") or ""
    found: dict[str, Any] = {"needed": needs_migration(entries, manager)}
    if found["needed"]:
        after = plan_migration(entries, manager, case.get("newManager") or "argocd-controller")
        left = {f"{entry['manager']}/{entry['operation']}" for entry in after}
        before = {f"{entry['manager']}/{entry['operation']}" for entry in entries}
        attempts = (case.get("patchConflicts") or 0) + 1
        found |= {"entriesAfterWithout": sorted(before - left), "patchAttempts": attempts, "ok": attempts <= MAX_ATTEMPTS}
    return found


def _message(case: Case) -> Any:
    tasks = [Task("Sync", _hook_or_object(given)) for given in case["tasks"]]
    return {"phase": "Running", "message": waiting(tasks, for_deletion=bool(case.get("pendingDeletion")))}


def _hook_or_object(given: Case) -> Any:
    annotations = {"argocd.argoproj.io/hook": "Sync"} if given.get("hook") else {}
    return tree_of({"apiVersion": "v1", **given, "annotations": annotations})


def _fail_message(case: Case) -> Any:
    hooks = []
    for place, given in enumerate(case.get("syncFailHooks") or []):
        annotations = {"argocd.argoproj.io/hook": "SyncFail"}
        tree = tree_of({"apiVersion": "v1", "kind": "Pod", "name": f"hook-{place}", **given, "annotations": annotations})
        status = given.get("status") or ("SyncFailed" if given.get("hookPhase") == "Failed" else "Synced")
        hooks.append(Task("SyncFail", tree, result=TaskResult(status, given.get("hookPhase") or "", given.get("message") or "")))
    sync = Sync([], options=Options())
    FakeCluster(case).drive(fail(sync, hooks, list(case.get("failedTasks") or []), case["base"]))
    return {"phase": sync.phase, "message": sync.message}


MAX_ATTEMPTS = 5

_CHECKS: dict[str, Callable[[Case], Any]] = {
    "phases": _phases, "kind-order": _kind_order, "order": _order, "multistep": _multistep, "hook-properties": _hook_properties,
    "tasks": _tasks, "waves": _waves, "crd-lookup": _crd_lookup, "live-lookup": _live_lookup, "sync": _sync,
    "terminate": _terminate, "apply-command": _apply_command, "delete-options": _delete_options, "message": _message,
    "csa-migration": _csa_migration, "fail-message": _fail_message,
}  # fmt: skip
