"""Actions that make new objects, choose among instances, or depend on the version of a controller."""

from __future__ import annotations

from typing import Any

from pilothouse.api.meta import Tree, labels_of, metadata, name_of
from pilothouse.delivery.gitops.engine.actions.language import ActionFailed, Now, Outcome

_DONE = {"Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"}


def job_of_cron_job(tree: Tree, params: dict[str, str], now: Now) -> list[Outcome]:
    """Make a Job of a CronJob's template, as `kubectl create job --from` does."""
    template = tree["spec"]["jobTemplate"]
    meta = template.get("metadata") or {}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            **meta,
            **_place(tree, now),
            "annotations": {**(meta.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [_owner(tree, controller=True, blockOwnerDeletion=True)],
        },
        "spec": _without_empty(template.get("spec") or {}),
    }
    return [Outcome("create", job)]


def workflow_of_cron_workflow(tree: Tree, params: dict[str, str], now: Now) -> list[Outcome]:
    """Make a Workflow of a CronWorkflow, as `argo submit --from` does."""
    spec = tree["spec"]
    given = spec.get("workflowMetadata") or {}
    labels = {**(given.get("labels") or {}), "workflows.argoproj.io/cron-workflow": name_of(tree)}
    instance = labels_of(tree).get("workflows.argoproj.io/controller-instanceid")
    if instance is not None:
        labels["workflows.argoproj.io/controller-instanceid"] = instance
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            **_place(tree, now),
            "labels": labels,
            "annotations": {**(given.get("annotations") or {}), "workflows.argoproj.io/scheduled-time": now.stamp},
            "ownerReferences": [_owner(tree)],
        },
        "spec": _without_empty(spec["workflowSpec"]),
    }
    if given.get("finalizers"):
        workflow["finalizers"] = given["finalizers"]
    return [Outcome("create", workflow)]


def workflow_of_template(tree: Tree, params: dict[str, str], now: Now) -> list[Outcome]:
    """Make a Workflow that refers to a template."""
    reference: dict[str, Any] = {"name": name_of(tree)}
    label = "workflow-template"
    if tree["kind"] == "ClusterWorkflowTemplate":
        reference["clusterScope"], label = True, "cluster-workflow-template"
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            **_place(tree, now),
            "labels": {f"workflows.argoproj.io/{label}": name_of(tree)},
            "ownerReferences": [_owner(tree)],
        },
        "spec": {"workflowTemplateRef": reference},
    }
    return [Outcome("create", workflow)]


def _place(tree: Tree, now: Now) -> Tree:
    meta = metadata(tree)
    found = {"name": f"{name_of(tree)}-{now.suffix[:12]}"}
    return {**found, "namespace": meta["namespace"]} if meta.get("namespace") else found


def _owner(tree: Tree, **more: Any) -> Tree:
    meta = metadata(tree)
    owner = {"apiVersion": tree["apiVersion"], "kind": tree["kind"], "name": name_of(tree), **more}
    return {**owner, "uid": meta["uid"]} if meta.get("uid") else owner


def _without_empty(value: Any) -> Any:
    """Return a template without empty maps and lists, which mean nothing in it."""
    if isinstance(value, dict):
        cleaned = {key: _without_empty(each) for key, each in value.items()}
        return {key: each for key, each in cleaned.items() if each is not None and each != {} and each != []}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value


def is_job_over(tree: Tree) -> bool:
    """Whether a Job has ended, or is told to."""
    found = (tree.get("status") or {}).get("conditions") or ()
    return any(each.get("type") in _DONE and each.get("status") == "True" for each in found)


def terminate_job(tree: Tree, params: dict[str, str], now: Now) -> Tree:
    """End a Job by the condition its controller acts upon."""
    status = tree.get("status")
    if status is None or is_job_over(tree):
        return tree
    ended = {
        "type": "FailureTarget", "status": "True", "reason": "ManuallyTerminated", "lastTransitionTime": now.stamp,
        "message": "Job was terminated explicitly through Argo CD",
    }  # fmt: skip
    return {**tree, "status": {**status, "conditions": [*(status.get("conditions") or ()), ended]}}


def promote_instance(tree: Tree, params: dict[str, str], now: Now) -> Tree:
    """Start a switchover to a healthy replica: any, the one with a number, or one by name."""
    status = tree["status"]
    healthy = [name for name in (status.get("instancesStatus") or {}).get("healthy") or () if isinstance(name, str)]
    wanted = params.get("instance") or "any"
    chosen = next((name for name in healthy if _is_wanted(name, wanted, tree)), None)
    if chosen is None:
        raise ActionFailed(f"Could not find a healthy instance matching the criteria: {wanted}")
    if chosen == status.get("currentPrimary"):
        return tree
    switching = {
        "targetPrimary": chosen, "targetPrimaryTimestamp": now.stamp, "phase": "Switchover in progress",
        "phaseReason": f"Switching over to {chosen}",
    }  # fmt: skip
    return {**tree, "status": {**status, **switching}}


def _is_wanted(name: str, wanted: str, tree: Tree) -> bool:
    if wanted == "any":
        return bool(name != tree["status"].get("currentPrimary"))
    return name == wanted or (wanted.isdigit() and name == f"{name_of(tree)}-{wanted}")


def _is_old_rollout(tree: Tree) -> bool:
    """Whether the controller is one before v0.10, whose observed generation is a hash."""
    try:
        seen = int((tree.get("status") or {}).get("observedGeneration"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return True
    return seen > int(metadata(tree).get("generation") or 0)


def is_promoted(tree: Tree) -> bool:
    """Whether a Rollout is done."""
    status = tree.get("status") or {}
    return bool(status.get("currentPodHash") == status.get("stableRS"))


def is_rollout_paused(tree: Tree) -> bool:
    """Whether a Rollout waits for somebody."""
    found = (tree.get("status") or {}).get("pauseConditions")
    return bool(found) if found is not None else bool((tree.get("spec") or {}).get("paused"))


def cannot_pause(tree: Tree) -> bool:
    """Whether a Rollout is done, aborted or paused already."""
    return is_promoted(tree) or is_rollout_paused(tree) or bool((tree.get("status") or {}).get("abort"))


def cannot_promote_fully(tree: Tree) -> bool:
    """Whether there is nothing to promote, or the controller cannot do it."""
    if tree.get("status") is None or is_promoted(tree):
        return True
    return _is_old_rollout(tree) and (tree["spec"].get("strategy") or {}).get("blueGreen") is not None


def _steps(tree: Tree) -> list[Any]:
    return ((tree["spec"].get("strategy") or {}).get("canary") or {}).get("steps") or []


def has_no_step(tree: Tree) -> bool:
    """Whether a Rollout has no step to skip."""
    index = (tree.get("status") or {}).get("currentStepIndex")
    return index is None or index >= len(_steps(tree))


def promote_fully(tree: Tree, params: dict[str, str], now: Now) -> Tree:
    """Skip everything that is left."""
    status = tree.get("status")
    if status is None:
        return tree
    if not _is_old_rollout(tree):
        return {**tree, "status": {**status, "promoteFull": True}}
    rest = {key: value for key, value in status.items() if key != "abort"}
    return {**tree, "status": {**rest, "currentStepIndex": len(_steps(tree))} if _steps(tree) else rest}


def skip_step(tree: Tree, params: dict[str, str], now: Now) -> Tree:
    """Go on with the next step."""
    if has_no_step(tree):
        return tree
    status = {key: value for key, value in tree["status"].items() if key != "pauseConditions" or not value}
    return {**tree, "status": {**status, "currentStepIndex": status["currentStepIndex"] + 1}}


def is_resume_barred(strategy: str, lifecycle: str, notes: str, owner: str = "") -> Any:
    """Return the test that bars resuming by a strategy: not paused, owned by a rollout, or not among those allowed."""
    from pilothouse.delivery.gitops.engine.health.rules.language import items, path

    phase, read = path(f"{lifecycle}.desiredPhase"), path(f"{notes}[numaflow.numaproj.io/allowed-resume-strategies]")

    def is_barred(tree: Tree) -> bool:
        if owner and any(each.get("kind") == owner for each in items(metadata(tree).get("ownerReferences"))):
            return True
        if strategy == "pause":
            return bool(phase(tree) == "Paused")
        allowed = read(tree)
        known = {"fast": {"fast"}, "slow, fast": {"slow", "fast"}}.get(str(allowed), {"slow"})
        return phase(tree) != "Paused" or strategy not in known

    return is_barred
