"""Checks of writes to the status subresource."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from pilothouse.api.findings import FieldError, Verbatim, forbidden, invalid, required
from pilothouse.api.validation.checks import Findings, Obj, all_non_negative
from pilothouse.api.validation.groups.aggregation import api_service_status
from pilothouse.api.validation.groups.flowcontrol import conditions
from pilothouse.api.validation.groups.ingress import ingress_status
from pilothouse.api.validation.groups.storage import attachment_status
from pilothouse.api.validation.pods import pod_status
from pilothouse.api.validation.v1 import claims, nodes, quotas, services
from pilothouse.api.validation.workloads.scaling.autoscalers import autoscaler_status
from pilothouse.api.validation.workloads.scaling.budgets import budget_status

_COUNTS = "cannot be greater than status.replicas"
_FINISHED = ("Complete", "Failed")


def deployment_status(new: Obj, old: Obj) -> Findings:
    """Check the counters of a Deployment."""
    status = _status(new)
    fields = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    out = all_non_negative("status", status, *fields)
    return [*out, *_at_most_replicas(status, "updatedReplicas", "readyReplicas", "availableReplicas"), *_ready(status)]


def replica_set_status(new: Obj, old: Obj) -> Findings:
    """Check the counters of a ReplicaSet or ReplicationController."""
    status = _status(new)
    fields = ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")
    out = all_non_negative("status", status, *fields)
    return [*out, *_at_most_replicas(status, "fullyLabeledReplicas", "readyReplicas", "availableReplicas"), *_ready(status)]


def _at_most_replicas(status: Obj, *fields: str) -> Findings:
    replicas = status.get("replicas", 0)
    return [invalid(f"status.{name}", status.get(name, 0), _COUNTS) for name in fields if status.get(name, 0) > replicas]


def _ready(status: Obj) -> Findings:
    available, ready = status.get("availableReplicas", 0), status.get("readyReplicas", 0)
    return [invalid("status.availableReplicas", available, "cannot be greater than readyReplicas")] if available > ready else []


def job_status(new: Obj, old: Obj) -> Findings:
    """Check the counters of a Job and that it ends in order."""
    status, before = _status(new), _status(old)
    out = all_non_negative("status", status, "active", "ready", "succeeded", "failed", "terminating")
    true = {item.get("type", "") for item in status.get("conditions") or () if item.get("status") == "True"}
    if "Complete" in true and not status.get("completionTime"):
        out.append(required("status.completionTime", "completionTime is required for Complete jobs"))
    if "Complete" in true and "Failed" in true:
        out.append(_plain("status.conditions", "cannot set Complete=True and Failed=true conditions"))
    if "Complete" in true and "SuccessCriteriaMet" not in true:
        why = "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"
        out.append(_plain("status.conditions", why))
    if "Failed" in true and "FailureTarget" not in true:
        out.append(_plain("status.conditions", "cannot set Failed=True condition without the FailureTarget=true condition"))
    if true & set(_FINISHED) and status.get("active", 0) > 0:
        out.append(invalid("status.active", status["active"], "active>0 is invalid for finished job"))
    for name in ("succeeded", "failed"):
        if status.get(name, 0) < before.get(name, 0):
            out.append(invalid(f"status.{name}", status.get(name, 0), f"cannot decrease the {name} counter"))
    return out


def _plain(path: str, why: str) -> FieldError:
    return invalid(path, Verbatim(""), why)


def signing_request_status(new: Obj, old: Obj) -> Findings:
    """Check the certificate of a CertificateSigningRequest and that decisions stay."""
    status, before = _status(new), _status(old)
    out: Findings = []
    kinds = [condition.get("type") for condition in status.get("conditions") or ()]
    for kind in ("Approved", "Denied", "Failed"):
        had = any(condition.get("type") == kind for condition in before.get("conditions") or ())
        if had and kind not in kinds:
            out.append(forbidden("status.conditions", f'updates may not remove a condition of type "{kind}"'))
    if before.get("certificate") and status.get("certificate") != before["certificate"]:
        out.append(forbidden("status.certificate", "updates may not change a certificate that is set"))
    elif status.get("certificate") and not _has_certificate(status["certificate"]):
        text = "must contain at least one CERTIFICATE PEM block"
        out.append(invalid("status.certificate", "<certificate data>", text))
    if "Approved" in kinds and "Denied" in kinds:
        out.append(_plain("status.conditions", "Approved and Denied conditions are mutually exclusive"))
    return out


def _has_certificate(encoded: str) -> bool:
    try:
        return b"-----BEGIN CERTIFICATE-----" in base64.b64decode(encoded)
    except ValueError:
        return False


def _status(obj: Obj) -> dict[str, Any]:
    return obj.get("status") or {}


_CHECKS: dict[tuple[str, str], Callable[[Obj, Obj], Findings]] = {
    ("apps", "Deployment"): deployment_status,
    ("apps", "ReplicaSet"): replica_set_status,
    ("", "ReplicationController"): replica_set_status,
    ("batch", "Job"): job_status,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler_status,
    ("policy", "PodDisruptionBudget"): budget_status,
    ("networking.k8s.io", "Ingress"): ingress_status,
    ("storage.k8s.io", "VolumeAttachment"): attachment_status,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"): conditions,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"): conditions,
    ("apiregistration.k8s.io", "APIService"): api_service_status,
    ("", "Namespace"): nodes.namespace_status,
    ("", "Node"): nodes.node_update,
    ("", "PersistentVolumeClaim"): claims.claim_status,
    ("", "Pod"): pod_status,
    ("", "ResourceQuota"): quotas.resource_quota_status,
    ("", "Service"): services.service_status,
    ("certificates.k8s.io", "CertificateSigningRequest"): signing_request_status,
}


def validate_status(group: str, kind: str, new: Obj, old: Obj) -> Findings:
    """Return what is wrong with the new status of an object."""
    check = _CHECKS.get((group, kind))
    return check(new, old) if check is not None else []
