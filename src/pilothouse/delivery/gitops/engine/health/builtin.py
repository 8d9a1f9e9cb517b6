"""Health of built-in kinds, by the rules of gitops-engine: one function for each kind in the table at the end."""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.api.meta import Tree, condition_of, metadata
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, UNKNOWN, Health

_RETIRED = {("apps", "v1beta1"), ("apps", "v1beta2"), ("batch", "v1beta1")}


def judge(tree: Tree, group: str, version: str, kind: str) -> Health | None:
    """Return the verdict on an object of this kind, None when the kind has no rule."""
    rule = _RULES.get((group, kind))
    if rule is None:
        return None
    if (group, version) in _RETIRED:
        return Health(UNKNOWN, f"unsupported {kind} GVK: {group}/{version}, Kind={kind}")
    return rule(tree)


def _observed(tree: Tree) -> bool:
    observed = (tree.get("status") or {}).get("observedGeneration") or 0
    return int(observed) >= int(metadata(tree).get("generation") or 0)


def _deployment(tree: Tree) -> Health:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    if spec.get("paused"):
        return Health(SUSPENDED, "Deployment is paused")
    if not _observed(tree):
        return Health(PROGRESSING, "Waiting for rollout to finish: observed deployment generation less than desired generation")
    condition = condition_of(tree, "Progressing")
    if condition is not None and condition.get("reason") == "ProgressDeadlineExceeded":
        return Health(DEGRADED, f'Deployment "{metadata(tree).get("name")}" exceeded its progress deadline')
    wanted, updated = spec.get("replicas"), int(status.get("updatedReplicas") or 0)
    if wanted is not None and updated < int(wanted):
        return Health(PROGRESSING, f"Waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated...")
    total = int(status.get("replicas") or 0)
    if total > updated:
        return Health(PROGRESSING, f"Waiting for rollout to finish: {total - updated} old replicas are pending termination...")
    available = int(status.get("availableReplicas") or 0)
    if available < updated:
        text = f"Waiting for rollout to finish: {available} of {updated} updated replicas are available..."
        return Health(PROGRESSING, text)
    return Health(HEALTHY)


def _stateful_set(tree: Tree) -> Health:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    if not status.get("observedGeneration") or not _observed(tree):
        return Health(PROGRESSING, "Waiting for statefulset spec update to be observed...")
    wanted, ready = spec.get("replicas"), int(status.get("readyReplicas") or 0)
    if wanted is not None and ready < int(wanted):
        return Health(PROGRESSING, f"Waiting for {int(wanted) - ready} pods to be ready...")
    strategy = spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate")
    updated = int(status.get("updatedReplicas") or 0)
    if strategy.get("type") == "RollingUpdate" and rolling is not None:
        if wanted is not None and rolling.get("partition") is not None:
            target = int(wanted) - int(rolling["partition"])
            if updated < target:
                text = f"Waiting for partitioned roll out to finish: {updated} out of {target} new pods have been updated..."
                return Health(PROGRESSING, text)
        return Health(HEALTHY, f"partitioned roll out complete: {updated} new pods have been updated...")
    if strategy.get("type") == "OnDelete":
        return Health(HEALTHY, f"statefulset has {ready} ready pods")
    if status.get("updateRevision") != status.get("currentRevision"):
        text = f"waiting for statefulset rolling update to complete {updated} pods at revision {status.get('updateRevision')}..."
        return Health(PROGRESSING, text)
    current = int(status.get("currentReplicas") or 0)
    text = f"statefulset rolling update complete {current} pods at revision {status.get('currentRevision')}..."
    return Health(HEALTHY, text)


def _daemon_set(tree: Tree) -> Health:
    status = tree.get("status") or {}
    if not _observed(tree):
        return Health(PROGRESSING, "Waiting for rollout to finish: observed daemon set generation less than desired generation")
    if ((tree.get("spec") or {}).get("updateStrategy") or {}).get("type") == "OnDelete":
        return Health(HEALTHY, f"daemon set {status.get('updatedNumberScheduled', 0)} out of "
                               f"{status.get('desiredNumberScheduled', 0)} new pods have been updated")  # fmt: skip
    wanted, updated = int(status.get("desiredNumberScheduled") or 0), int(status.get("updatedNumberScheduled") or 0)
    name = metadata(tree).get("name")
    prefix = f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < wanted:
        return Health(PROGRESSING, f"{prefix}{updated} out of {wanted} new pods have been updated...")
    available = int(status.get("numberAvailable") or 0)
    if available < wanted:
        return Health(PROGRESSING, f"{prefix}{available} of {wanted} updated pods are available...")
    return Health(HEALTHY)


def _replica_set(tree: Tree) -> Health:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    if not _observed(tree):
        return Health(PROGRESSING, "Waiting for rollout to finish: observed replica set generation less than desired generation")
    condition = condition_of(tree, "ReplicaFailure")
    if condition is not None and condition.get("status") == "True":
        return Health(DEGRADED, str(condition.get("message", "")))
    wanted, available = spec.get("replicas"), int(status.get("availableReplicas") or 0)
    if wanted is not None and available < int(wanted):
        return Health(PROGRESSING, f"Waiting for rollout to finish: {available} out of {wanted} new replicas are available...")
    return Health(HEALTHY)


def _job(tree: Tree) -> Health:
    verdict = Health(PROGRESSING)
    for condition in (tree.get("status") or {}).get("conditions") or ():
        kind, message = condition.get("type"), str(condition.get("message") or "")
        is_true = condition.get("status") == "True"
        if kind == "Failed" and is_true:
            return Health(DEGRADED, message)
        if kind == "Suspended":
            verdict = Health(SUSPENDED if is_true else HEALTHY, message)
        elif kind == "Complete" and is_true:
            verdict = Health(HEALTHY, message)
    return verdict


def _pod(tree: Tree) -> Health:
    status = tree.get("status") or {}
    states = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    restarts = _restart_policy(tree)
    if restarts == "Always":
        bad = [
            str((state["state"]["waiting"].get("message")) or "")
            for state in states
            if _waiting_reason(state).startswith("Err") or _waiting_reason(state).endswith(("Error", "BackOff"))
        ]
        if bad:
            return Health(DEGRADED, ", ".join(bad))
    phase = status.get("phase")
    if phase == "Pending":
        return Health(PROGRESSING, str(status.get("message") or ""))
    if phase == "Succeeded":
        return Health(HEALTHY, str(status.get("message") or ""))
    if phase == "Failed":
        return Health(DEGRADED, str(status.get("message") or "") or _failure(states))
    if phase == "Running":
        return _running_pod(restarts, status)
    return Health(UNKNOWN, str(status.get("message") or ""))


def _waiting_reason(state: Tree) -> str:
    return str(((state.get("state") or {}).get("waiting") or {}).get("reason") or "")


def _failure(states: list[Tree]) -> str:
    for state in states:
        ended = (state.get("state") or {}).get("terminated") or {}
        if ended.get("message"):
            return str(ended["message"])
        if ended.get("reason") == "OOMKilled":
            return "OOMKilled"
        if ended.get("exitCode"):
            return f'container "{state.get("name")}" failed with exit code {ended["exitCode"]}'
    return ""


def _restart_policy(tree: Tree) -> str:
    """Return the restart policy that counts; an annotation makes a Pod that is no hook count as one that always runs."""
    annotations = metadata(tree).get("annotations") or {}
    if annotations.get("argocd.argoproj.io/ignore-restart-policy") == "true" and "argocd.argoproj.io/hook" not in annotations:
        return "Always"
    return str((tree.get("spec") or {}).get("restartPolicy") or "")


def _running_pod(restarts: str, status: Tree) -> Health:
    message = str(status.get("message") or "")
    if restarts != "Always":
        return Health(PROGRESSING if restarts in {"Never", "OnFailure"} else UNKNOWN, message)
    if any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ()):
        return Health(HEALTHY, message)
    if any((state.get("lastState") or {}).get("terminated") for state in status.get("containerStatuses") or ()):
        return Health(DEGRADED, message)
    return Health(PROGRESSING, message)


def _service(tree: Tree) -> Health:
    if (tree.get("spec") or {}).get("type") != "LoadBalancer":
        return Health(HEALTHY)
    ingress = ((tree.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return Health(HEALTHY if ingress else PROGRESSING)


def _ingress(tree: Tree) -> Health:
    ingress = ((tree.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return Health(HEALTHY if ingress else PROGRESSING)


def _claim(tree: Tree) -> Health:
    phase = (tree.get("status") or {}).get("phase")
    return Health({"Lost": DEGRADED, "Pending": PROGRESSING, "Bound": HEALTHY}.get(str(phase), UNKNOWN))


def _api_service(tree: Tree) -> Health:
    condition = condition_of(tree, "Available")
    if condition is None:
        return Health(PROGRESSING, "Waiting to be processed")
    text = f"{condition.get('reason')}: {condition.get('message')}"
    return Health(HEALTHY if condition.get("status") == "True" else PROGRESSING, text)


def _workflow(tree: Tree) -> Health:
    status = tree.get("status") or {}
    phase, message = str(status.get("phase") or ""), str(status.get("message") or "")
    if phase in {"", "Pending", "Running"}:
        return Health(PROGRESSING, message)
    return Health({"Succeeded": HEALTHY, "Failed": DEGRADED, "Error": DEGRADED}.get(phase, UNKNOWN), message)


_AUTOSCALER_DEGRADED = {
    "FailedGetScale", "FailedUpdateScale", "FailedGetResourceMetric", "FailedGetContainerResourceMetric", "FailedGetPodsMetric",
    "FailedGetObjectMetric", "FailedGetExternalMetric", "InvalidSelector", "FailedComputeMetricsReplicas",
    "InvalidMetricSourceType",
}  # fmt: skip


def _autoscaler(tree: Tree) -> Health:
    if str(tree.get("apiVersion", "")) == "autoscaling/v1":
        import json

        try:
            raw = (metadata(tree).get("annotations") or {}).get("autoscaling.alpha.kubernetes.io/conditions")
            conditions = json.loads(raw) if raw else []
        except ValueError:
            return Health(UNKNOWN, "the conditions annotation is not JSON")
    else:
        conditions = (tree.get("status") or {}).get("conditions") or []
    for condition in conditions:
        if condition.get("reason") in _AUTOSCALER_DEGRADED:
            return Health(DEGRADED, str(condition.get("message") or ""))
    for condition in conditions:
        message = str(condition.get("message") or "")
        if condition.get("status") == "True" and condition.get("type") in {"AbleToScale", "ScalingLimited"}:
            return Health(HEALTHY, message)
    return Health(PROGRESSING, "Waiting to Autoscale")


_RULES: dict[tuple[str, str], Callable[[Tree], Health]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("extensions", "Ingress"): _ingress,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "PersistentVolumeClaim"): _claim,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("argoproj.io", "Workflow"): _workflow,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
}
