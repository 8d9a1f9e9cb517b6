"""Defaults of the workload kinds: Deployment to CronJob, HorizontalPodAutoscaler, PodDisruptionBudget."""

from __future__ import annotations

from typing import Any

from pilothouse.api.defaults.pods import pod_spec, pod_template

Obj = dict[str, Any]


def deployment(obj: Obj) -> None:
    """Fill in a Deployment."""
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    pod_template(spec)


def replica_set(obj: Obj) -> None:
    """Fill in a ReplicaSet."""
    obj["spec"].setdefault("replicas", 1)
    pod_template(obj["spec"])


def replication_controller(obj: Obj) -> None:
    """Fill in a ReplicationController, whose labels and selector come from the template."""
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    pod_template(spec)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        if not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)


def stateful_set(obj: Obj) -> None:
    """Fill in a StatefulSet."""
    spec = obj["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        strategy.setdefault("rollingUpdate", {})
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        strategy["rollingUpdate"].setdefault("partition", 0)
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    policy = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    policy.setdefault("whenDeleted", "Retain")
    policy.setdefault("whenScaled", "Retain")
    for claim in spec.get("volumeClaimTemplates") or ():
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim.setdefault("apiVersion", "v1")
        claim["spec"].setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")
    pod_template(spec)


def daemon_set(obj: Obj) -> None:
    """Fill in a DaemonSet."""
    spec = obj["spec"]
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    pod_template(spec)
    obj["metadata"].setdefault("annotations", {}).setdefault("deprecated.daemonset.template.generation", "0")


def job(obj: Obj) -> None:
    """Fill in a Job."""
    job_spec(obj["spec"])
    labels = ((obj["spec"].get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(labels)


def job_spec(spec: Obj) -> None:
    """Fill in the spec of a Job."""
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 2147483647 if spec.get("backoffLimitPerIndex") is not None else 6
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    _failure_policy(spec.get("podFailurePolicy"))
    if spec.get("podReplacementPolicy") is None:
        spec["podReplacementPolicy"] = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    pod_template(spec)


def _failure_policy(policy: Obj | None) -> None:
    for rule in (policy or {}).get("rules") or ():
        for condition in rule.get("onPodConditions") or ():
            if not condition.get("status"):
                condition["status"] = "True"


def cron_job(obj: Obj) -> None:
    """Fill in a CronJob."""
    spec = obj["spec"]
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job_template = (spec.get("jobTemplate") or {}).get("spec") or {}
    template = job_template.get("template")
    if template:
        pod_spec(template["spec"])
    _failure_policy(job_template.get("podFailurePolicy"))


def pod_template_kind(obj: Obj) -> None:
    """Fill in a PodTemplate."""
    pod_template(obj)


def autoscaler_v2(obj: Obj) -> None:
    """Fill in a HorizontalPodAutoscaler."""
    spec = obj["spec"]
    spec.setdefault("minReplicas", 1)
    if obj.get("apiVersion") == "autoscaling/v1":
        return
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        _scaling(behavior, "scaleUp")
        _scaling(behavior, "scaleDown")


def _scaling(behavior: Obj, name: str) -> None:
    is_up = name == "scaleUp"
    rules = behavior.setdefault(name, {})
    if is_up:
        rules.setdefault("stabilizationWindowSeconds", 0)
    rules.setdefault("selectPolicy", "Max")
    percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    if rules.get("policies") is None:
        rules["policies"] = [{"type": "Pods", "value": 4, "periodSeconds": 15}, percent] if is_up else [percent]
